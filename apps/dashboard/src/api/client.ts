import createClient from 'openapi-fetch';
import { apiErrorOf } from './api-error';
import type { paths } from './schema';
import { Session, type AccessToken } from './session';
import type { PagingMetadata } from './types';

const REFRESH_PATH = '/api/v1/auth/refresh';
const DEAD_FAMILY_STATUS = 401;

/** The session of this tab. */
export const session = new Session({
  refresh: async (): Promise<AccessToken | null> => {
    const response = await fetch(REFRESH_PATH, { method: 'POST' });
    const body: unknown = await response.json().catch(() => null);
    if (response.ok) return (body as { data: AccessToken }).data;
    // Nothing but a refusal ends a session: a gateway that is down for a minute signs nobody out.
    if (response.status === DEAD_FAMILY_STATUS) return null;
    throw apiErrorOf(response.status, body);
  },
});

/** Sends a request with the session's token, and once more with the next one when that is refused. */
async function fetchWithSession(request: Request): Promise<Response> {
  const again = request.clone();
  const token = await session.accessToken();
  const response = await fetch(withToken(request, token));
  if (response.status !== 401 || token === null || !(await isTokenRefused(response)))
    return response;
  const next = await session.refresh(token);
  return next === null ? response : fetch(withToken(again, next));
}

/** A wrong password is 401 too, and no reason to refresh. */
async function isTokenRefused(response: Response): Promise<boolean> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  return apiErrorOf(response.status, body).code === 'AUTH_011';
}

function withToken(request: Request, token: string | null): Request {
  if (token !== null) request.headers.set('authorization', `Bearer ${token}`);
  return request;
}

/** Calls that need nobody signed in. */
export const publicApi = createClient<paths>({ baseUrl: location.origin });

/** Calls in the name of who is signed in. */
export const api = createClient<paths>({
  baseUrl: location.origin,
  fetch: fetchWithSession,
});

interface Answer<Data> {
  /** Without `data` where nothing is returned; pages and cursors say different things of a list. */
  data?: { isSuccess?: true; data?: Data; pagingMetadata?: Partial<PagingMetadata> };
  error?: unknown;
  response: Response;
}

/**
 * What a call returned.
 *
 * @throws ApiError when the gateway refused it
 */
export async function dataOf<Data>(call: Promise<Answer<Data>>): Promise<Data> {
  return (await pageOf(call)).items;
}

/** The same with what stands beside a list. */
export async function pageOf<Data>(
  call: Promise<Answer<Data>>,
): Promise<{ items: Data; paging: Partial<PagingMetadata> | undefined }> {
  const { data, error, response } = await call;
  if (!response.ok) throw apiErrorOf(response.status, error);
  // 204 has no body and is success.
  return { items: data?.data as Data, paging: data?.pagingMetadata };
}
