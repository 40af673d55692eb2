import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { answerJson, parseJson, readBody } from './http';

/** A route of the control endpoint. */
type ControlHandler = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

/** Routes by method and path, for example `GET /_simulator/sends`. */
export type ControlRoutes = Readonly<Record<string, ControlHandler>>;

const BODY_BYTES_MAX = 1_048_576;
const PAGE_LIMIT_DEFAULT = 10_000;
const PAGE_LIMIT_MAX = 100_000;

export function answer(response: ServerResponse, status: number, body: unknown): void {
  answerJson(response, status, JSON.stringify(body));
}

export function refuse(response: ServerResponse, status: number, message: string): void {
  answer(response, status, { error: { message } });
}

/** Hands over what `read` made of the body; a text of it is why the request is refused. */
export function withBody<T extends object>(
  request: IncomingMessage,
  response: ServerResponse,
  read: (body: unknown) => T | string,
  onRead: (value: T) => void,
): void {
  readBody(request, BODY_BYTES_MAX, (body) => {
    const value = read(body && parseJson(body));
    if (typeof value === 'string') refuse(response, 400, value);
    else onRead(value);
  });
}

/** The page that is asked for by `after` and `limit`; null when the request was refused. */
export function pageOf(
  response: ServerResponse,
  { searchParams }: URL,
): { after: number; limit: number } | null {
  const after = integerOf(searchParams.get('after'), 0, Number.MAX_SAFE_INTEGER, 0);
  const limit = integerOf(searchParams.get('limit'), 1, PAGE_LIMIT_MAX, PAGE_LIMIT_DEFAULT);
  if (after !== null && limit !== null) return { after, limit };
  refuse(response, 400, `after is 0 or more, limit is 1 to ${PAGE_LIMIT_MAX}`);
  return null;
}

/** Answers JSON that is made piece by piece, so that a long ledger is never in memory twice. */
export function stream(response: ServerResponse, pieces: Iterable<Buffer | string>): void {
  response.writeHead(200, { 'Content-Type': 'application/json; charset=UTF-8' });
  pipeline(Readable.from(pieces), response).catch(() => {
    // The reader went away; there is nobody left to tell.
    response.destroy();
  });
}

function integerOf(text: string | null, min: number, max: number, absent: number): number | null {
  if (text === null) return absent;
  const number = Number(text);
  return Number.isSafeInteger(number) && number >= min && number <= max ? number : null;
}
