import type { Socket } from 'node:net';

const CONTINUE = Buffer.from('HTTP/1.1 100');
const HEAD_END = '\r\n\r\n';
const awaiting = new WeakSet<Socket>();

/**
 * The socket without the `100 Continue` that some servers send unasked: a client may ignore it (RFC 9110, 15.2), but
 * undici takes it for a broken answer.
 */
export function withoutInterimAnswers(socket: Socket): Socket {
  const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
  socket.read = (size?: number): Buffer | null => {
    const chunk = read(size);
    if (chunk === null || !awaiting.has(socket)) return chunk;
    const rest = afterContinue(chunk);
    if (rest.length > 0) awaiting.delete(socket);
    return rest.length > 0 ? rest : read(size);
  };
  return socket;
}

/** A request is being written: the next bytes begin an answer. */
export const awaitAnswer = (socket: Socket): void => {
  awaiting.add(socket);
};

function afterContinue(chunk: Buffer): Buffer {
  if (!chunk.subarray(0, CONTINUE.length).equals(CONTINUE)) return chunk;
  const end = chunk.indexOf(HEAD_END);
  return end < 0 ? chunk : afterContinue(chunk.subarray(end + HEAD_END.length));
}
