import type { FastifyReply, FastifyRequest } from 'fastify';
import type { TenancyView } from './domain/tenancy-view';

const MANAGEMENT = '/api/v1/';
/** Where sessions are made no other site's page has anything to do. */
const SESSIONS = '/api/v1/auth/';
const PREFLIGHT = {
  'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers': 'authorization, content-type, idempotency-key, x-request-id',
  'access-control-max-age': '600',
};

const isShared = ({ url }: FastifyRequest): boolean =>
  url.startsWith(MANAGEMENT) && !url.startsWith(SESSIONS);

/**
 * Answers the question that a browser asks before it calls from another site's page: yes to an origin that stands in
 * any organization's list, never with credentials.
 * @returns whether it was such a question
 */
export function answerPreflight(
  view: Pick<TenancyView, 'isOriginOfAnybody'>,
  request: FastifyRequest,
  reply: FastifyReply,
): boolean {
  const { origin, 'access-control-request-method': method } = request.headers;
  if (request.method !== 'OPTIONS' || method === undefined || !isShared(request)) return false;
  reply.header('vary', 'Origin');
  if (origin !== undefined && view.isOriginOfAnybody(origin)) {
    reply.headers({ ...PREFLIGHT, 'access-control-allow-origin': origin });
  }
  void reply.status(204).send();
  return true;
}

/** Lets the page read the answer when the organization of the token lists its origin. */
export function allowOrigin(
  view: Pick<TenancyView, 'isOriginOf'>,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const { user, headers } = request;
  const { origin } = headers;
  if (origin === undefined || !isShared(request)) return;
  reply.header('vary', 'Origin');
  if (user?.orgId != null && view.isOriginOf(user.orgId, origin)) {
    reply.header('access-control-allow-origin', origin);
  }
}
