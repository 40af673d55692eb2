import { AppError } from '@gateway/errors';
import { request } from 'undici';
import type { ChannelKey } from './domain/application-requests';
import type { ChannelCredentials } from './applications.service';

/** Where Meta's Graph API is. */
export interface MetaApi {
  readonly metaBaseUrl: string;
  readonly metaApiVersion: string;
  /** Of the app that Embedded Signup gives codes to; absent: there is none. */
  readonly metaAppId?: string;
  readonly metaAppSecret?: string;
}

type Json = Readonly<Record<string, unknown>>;

const TIMEOUT_MS = 2_500;
const ANSWER_BYTES_MAX = 1_048_576;
/** Meta's codes for a token that is no good, or not good for this. */
const CREDENTIAL_CODES = [0, 3, 10, 102, 190, 200, 463, 467];
const PAGES_MAX = 10;

/** Asks Meta whether a token owns a number and its account. */
export class MetaAccountsClient {
  constructor(private readonly api: MetaApi) {}

  /**
   * Checks that the token owns number and account, and that the number is the account's; then subscribes this app to
   * the account's webhooks, which repeated changes nothing.
   * @returns the channel as Meta shows it
   * @throws AppError GW_003 for a token that Meta refuses and for a number or an account that is not the token's,
   * META_001 when Meta does not answer
   */
  async check(channel: ChannelCredentials): Promise<ChannelCredentials> {
    const { phoneNumberId, wabaId, accessToken } = channel;
    const fields = 'fields=display_phone_number,verified_name';
    const number = await this.call('GET', `${phoneNumberId}?${fields}`, accessToken);
    if (number === null) throw notOwned('phoneNumberId');
    if (!(await this.hasNumber(wabaId, phoneNumberId, accessToken))) throw notOwned('wabaId');
    const subscribed = await this.call('POST', `${wabaId}/subscribed_apps`, accessToken);
    if (subscribed === null) throw notOwned('wabaId');
    return {
      ...channel,
      displayPhoneNumber: shortText(number.display_phone_number, 50),
      verifiedName: shortText(number.verified_name, 500),
    };
  }

  /**
   * The access token, which Meta gives once for a code of its Embedded Signup.
   * @throws AppError GW_003 when the code is wrong, used or too old, or there is no Meta app to ask for; META_001 when
   * Meta does not answer
   */
  async tokenOf(key: ChannelKey): Promise<string> {
    return 'code' in key ? this.exchange(key.code) : key.accessToken;
  }

  private async exchange(code: string): Promise<string> {
    const { metaAppId, metaAppSecret } = this.api;
    if (metaAppId === undefined || metaAppSecret === undefined) {
      throw wrong('code', 'cannot be used: this installation has no Meta app');
    }
    const query = new URLSearchParams({
      client_id: metaAppId,
      client_secret: metaAppSecret,
      code,
    });
    const { statusCode, answer } = await this.fetch('GET', `oauth/access_token?${query}`, {});
    const token = answer?.access_token;
    if (statusCode < 300 && typeof token === 'string') return token;
    const error = answer?.error as Json | undefined;
    if (error === undefined || statusCode >= 500) throw unreachable(null);
    throw wrong('code', refusedFor(error));
  }

  private async hasNumber(
    wabaId: string,
    phoneNumberId: string,
    accessToken: string,
  ): Promise<boolean> {
    let after = '';
    for (let page = 0; page < PAGES_MAX; page++) {
      const path = `${wabaId}/phone_numbers?fields=id&limit=100${after}`;
      const answer = await this.call('GET', path, accessToken);
      const numbers = Array.isArray(answer?.data) ? (answer.data as Json[]) : [];
      if (numbers.some(({ id }) => id === phoneNumberId)) return true;
      const cursor = cursorOf(answer);
      if (cursor === null) return false;
      after = `&after=${encodeURIComponent(cursor)}`;
    }
    return false;
  }

  /** @returns null for what is not there for this token */
  private async call(
    method: 'GET' | 'POST',
    path: string,
    accessToken: string,
  ): Promise<Json | null> {
    const headers = { authorization: `Bearer ${accessToken}` };
    const { statusCode, answer } = await this.fetch(method, path, headers);
    if (statusCode < 300 && answer !== null) return answer;
    const error = (answer?.error ?? null) as Json | null;
    if (error === null || statusCode >= 500) throw unreachable(null);
    if (CREDENTIAL_CODES.includes(Number(error.code))) {
      throw wrong('accessToken', refusedFor(error));
    }
    return null;
  }

  private async fetch(
    method: 'GET' | 'POST',
    path: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<{ statusCode: number; answer: Json | null }> {
    const url = `${this.api.metaBaseUrl}/${this.api.metaApiVersion}/${path}`;
    try {
      const { statusCode, body } = await request(url, {
        method,
        headers,
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
      });
      const text = await textOf(body);
      return { statusCode, answer: parsed(text) };
    } catch (error) {
      throw unreachable(error);
    }
  }
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Json) : null;
  } catch {
    return null;
  }
}

function cursorOf(answer: Json | null): string | null {
  const { cursors, next } = (answer?.paging ?? {}) as { cursors?: Json; next?: unknown };
  return next !== undefined && typeof cursors?.after === 'string' ? cursors.after : null;
}

const shortText = (value: unknown, charactersMax: number): string | null =>
  typeof value === 'string' && value !== '' ? value.slice(0, charactersMax) : null;

const notOwned = (path: 'phoneNumberId' | 'wabaId'): AppError =>
  wrong(path, 'is not one that this access token may use');

/** Without Meta's words, which may repeat the token. */
const refusedFor = ({ code }: Json): string => `is refused by Meta with code ${Number(code)}`;

const wrong = (path: string, reason: string): AppError =>
  new AppError('GW_003', { params: { fields: [{ path, reason }] } });

const unreachable = (cause: unknown): AppError =>
  new AppError('META_001', { params: { meta: null, retryable: true }, cause });
