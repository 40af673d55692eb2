import { connect } from 'node:net';

const METADATA_API = 3;
const METADATA_VERSION = 1;
const CORRELATION_ID = 1;
/** Size of the answer, correlation id, count of brokers: the first bytes of it. */
const ANSWER_BYTES_MIN = 12;

/** Asks for no topic at all: the answer is the list of brokers that take work. */
function metadataRequest(): Buffer {
  const body = Buffer.alloc(14);
  body.writeInt16BE(METADATA_API, 0);
  body.writeInt16BE(METADATA_VERSION, 2);
  body.writeInt32BE(CORRELATION_ID, 4);
  body.writeInt16BE(-1, 8);
  body.writeInt32BE(0, 10);
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
}

/** Whether a broker at the port answers and takes work; an open port alone does not say so. */
export function isAnswering(port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => {
      socket.write(metadataRequest());
    });
    let answer = Buffer.alloc(0);
    const end = (isThere: boolean): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.setTimeout(timeoutMs, () => {
      end(false);
    });
    socket.on('error', () => {
      end(false);
    });
    socket.on('close', () => {
      end(false);
    });
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk]);
      if (answer.length >= ANSWER_BYTES_MIN) end(answer.readInt32BE(8) > 0);
    });
  });
}
