import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { createRequire } from 'node:module';
import './kafka-repairs';

interface Connection {
  connect(): Promise<boolean>;
  disconnect(): Promise<boolean>;
  send(exchange: object): Promise<string>;
}

const load = createRequire(__filename);
const KafkaConnection = load('kafkajs/src/network/connection') as new (
  options: object,
) => Connection;
const Encoder = load('kafkajs/src/protocol/encoder') as new () => object;

const quiet = { debug: () => undefined, error: () => undefined, warn: () => undefined };
const logger = { namespace: () => quiet };

const exchange = {
  request: {
    apiKey: 1,
    apiVersion: 11,
    apiName: 'Fetch',
    encode: () => Promise.resolve(new Encoder()),
  },
  response: {
    decode: (payload: Buffer) => Promise.resolve(payload.toString()),
    parse: (payload: string) => Promise.resolve(payload),
  },
};

/** The answer of a broker: its size, which request it answers, and the rest. */
function answerTo(request: Buffer, text: string): Buffer {
  const correlationId = request.readInt32BE(8);
  const head = Buffer.alloc(8);
  head.writeInt32BE(4 + text.length);
  head.writeInt32BE(correlationId, 4);
  return Buffer.concat([head, Buffer.from(text)]);
}

describe('a connection to a broker', () => {
  let server: Server;
  let connection: Connection;
  const accepted: Socket[] = [];

  async function listen(onRequest: (socket: Socket, request: Buffer) => void): Promise<void> {
    server = createServer((socket) => {
      accepted.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', (request: Buffer) => {
        onRequest(socket, request);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    connection = new KafkaConnection({
      host: '127.0.0.1',
      port,
      logger,
      requestTimeout: 2_000,
      connectionTimeout: 2_000,
      socketFactory: (of: { onConnect: () => void }) => connect(port, '127.0.0.1', of.onConnect),
    });
  }

  afterEach(async () => {
    await connection.disconnect();
    for (const socket of accepted.splice(0)) socket.destroy();
    server.close();
    await once(server, 'close');
  });

  it('that broke in the midst of an answer understands the answers of the next one', async () => {
    await listen((socket, request) => {
      const answer = answerTo(request, 'an answer');
      if (accepted.length > 1) socket.write(answer);
      else socket.end(answer.subarray(0, 10));
    });
    await connection.connect();
    await expect(connection.send(exchange)).rejects.toThrow('Closed connection');
    await connection.connect();
    expect(await connection.send(exchange)).toBe('an answer');
  });

  it('is opened once for requests that come together', async () => {
    await listen((socket, request) => socket.write(answerTo(request, 'an answer')));
    await Promise.all([connection.connect(), connection.connect(), connection.connect()]);
    expect(await connection.send(exchange)).toBe('an answer');
    expect(accepted.length).toBe(1);
  });
});
