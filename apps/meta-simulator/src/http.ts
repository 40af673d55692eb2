import type { IncomingMessage, ServerResponse } from 'node:http';

const EMPTY: Buffer = Buffer.alloc(0);

/** Hands over the whole body, or null when it is larger than `bytesMax`. A request that breaks off is forgotten. */
export function readBody(
  request: IncomingMessage,
  bytesMax: number,
  onBody: (body: Buffer | null) => void,
): void {
  let chunks: Buffer[] | null = null;
  let body: Buffer = EMPTY;
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > bytesMax) return;
    if (size === chunk.length) body = chunk;
    else (chunks ??= [body]).push(chunk);
  });
  request.on('end', () => {
    onBody(size > bytesMax ? null : chunks ? Buffer.concat(chunks, size) : body);
  });
}

/** The value of JSON text, or undefined when it is none. */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

export function answerJson(response: ServerResponse, status: number, json: string): void {
  response.writeHead(status, [
    'Content-Type',
    'application/json; charset=UTF-8',
    'Content-Length',
    String(Buffer.byteLength(json)),
  ]);
  response.end(json);
}
