import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { until } from '@gateway/testing';
import { CustomerClient, type CustomerAnswer } from '../src/customer.client';
import { answer, answering, SocketReceiver, type ReceivedRequest } from './socket-receiver';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

describe('a receiver that', () => {
  let receiver: SocketReceiver;
  let client: CustomerClient;

  beforeEach(async () => {
    receiver = await SocketReceiver.start();
    client = new CustomerClient({ allowLoopback: true, allowCidrs: [] });
  });

  afterEach(async () => {
    await client.close();
    await receiver.close();
  });

  const post = async (
    deadlineMs = 30_000,
    url = receiver.url(),
    body = Buffer.from('{"a":1}'),
  ): Promise<CustomerAnswer> => {
    const headers = { 'content-type': 'application/json' };
    const answered = await client.post({ url, body, headers, deadlineMs });
    // Undici takes a connection back in the next turn.
    await new Promise((resolve) => setImmediate(resolve));
    return answered;
  };

  it('gets the bytes, the headers and the path as they were given, and no request to inflate', async () => {
    const body = randomBytes(3 * 1024 * 1024);
    const answered = await post(30_000, receiver.url('/a/b?c=%20d&e=1'), body);
    expect(answered).toMatchObject({ isDelivered: true, code: 'http_200', statusCode: 200 });
    const [request] = receiver.requests;
    expect(request?.path).toBe('/a/b?c=%20d&e=1');
    expect(request?.body.equals(body)).toBe(true);
    expect(request?.headers).toMatchObject({
      host: `127.0.0.1:${receiver.port}`,
      'content-type': 'application/json',
      'accept-encoding': 'identity',
      'user-agent': 'whatsapp-gateway-webhooks/1',
    });
  });

  it('79: gets an empty body too', async () => {
    expect(await post(30_000, receiver.url(), Buffer.alloc(0))).toMatchObject({
      isDelivered: true,
    });
    expect(receiver.requests[0]?.headers['content-length']).toBe('0');
  });

  it('16: accepts and never speaks: timeout, and the connection is given up', async () => {
    receiver.onConnection = (socket) => socket.resume();
    expect(await post(300)).toMatchObject({
      isDelivered: false,
      code: 'timeout',
      statusCode: null,
      response: null,
    });
    await until(() => receiver.openConnections === 0);
  });

  it('17: hangs in the TLS handshake: timeout', async () => {
    receiver.onConnection = () => undefined;
    const url = receiver.url().replace('http:', 'https:');
    expect(await post(300, url)).toMatchObject({ code: 'timeout' });
  });

  it('18: drips its headers: cut at the deadline', async () => {
    receiver.handler = ({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      drip(socket, 'x');
    };
    expect(await post(400)).toMatchObject({ code: 'timeout', statusCode: null });
    await until(() => receiver.openConnections === 0);
  });

  it('19: says 200 and drips its body: delivered, and the body is cut', async () => {
    receiver.handler = ({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\nbegun');
      drip(socket, '.');
    };
    const answered = await post(30_000);
    expect(answered).toMatchObject({ isDelivered: true, statusCode: 200 });
    expect(answered.response).toMatchObject({ encoding: 'utf8', isTruncated: true });
    expect(answered.response?.body).toMatch(/^begun\.*$/);
    await until(() => receiver.openConnections === 0);
  });

  it('20: resets in the middle of the body after 200: delivered, flagged, and sent once', async () => {
    receiver.handler = ({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc', () => {
        socket.resetAndDestroy();
      });
    };
    const answered = await post();
    expect(answered).toMatchObject({ isDelivered: true, code: 'http_200' });
    expect(answered.response?.isTruncated).toBe(true);
    expect(receiver.requests).toHaveLength(1);
  });

  it('21: answers 10 GB: 16 KiB are kept, and no more than the buffers of the system are read', async () => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    let written = 0;
    receiver.handler = ({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n\r\n');
      const more = () => {
        while (!socket.destroyed) {
          written += chunk.length;
          if (!socket.write(chunk)) return;
        }
      };
      socket.on('drain', more);
      more();
    };
    const answered = await post();
    expect(answered).toMatchObject({ isDelivered: true });
    expect(answered.response).toEqual({
      body: 'x'.repeat(16 * 1024),
      encoding: 'utf8',
      isTruncated: true,
    });
    await until(() => receiver.openConnections === 0);
    expect(written).toBeLessThan(64 * 1024 * 1024);
  });

  it('22: answers a gzip bomb: its first bytes are stored raw, never inflated', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
    receiver.handler = answering(
      Buffer.concat([
        Buffer.from(
          `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`,
        ),
        bomb,
      ]),
    );
    const { response } = await post();
    expect(response).toEqual({
      body: bomb.subarray(0, 16 * 1024).toString('base64'),
      encoding: 'base64',
      isTruncated: true,
    });
  });

  it.each([
    ['3000 headers', Array.from({ length: 3000 }, (_, index) => `x-${index}: y\r\n`).join('')],
    ['3000 tiny headers', 'a: b\r\n'.repeat(3000)],
    ['a header of 1 MB', `x-long: ${'y'.repeat(1024 * 1024)}\r\n`],
  ])('23: answers %s: protocol_error', async (_name, head) => {
    receiver.handler = answer(200, head, 'ok');
    expect(await post()).toMatchObject({ isDelivered: false, code: 'protocol_error' });
  });

  it('24: answers header bytes that are not ASCII, and a body that is not UTF-8 or has NUL: taken', async () => {
    receiver.handler = answering(
      Buffer.concat([
        Buffer.from(
          'HTTP/1.1 200 Très bien\r\nx-name: José \xff\r\ncontent-length: 4\r\n\r\n',
          'latin1',
        ),
        Buffer.from([0xff, 0x00, 0xfe, 0x41]),
      ]),
    );
    expect((await post()).response).toEqual({
      body: '/wD+QQ==',
      encoding: 'base64',
      isTruncated: false,
    });
    receiver.handler = answer(200, '', 'a\0b');
    expect((await post()).response?.body).toBe('ab');
  });

  it('25: is an SSH server: protocol_error', async () => {
    receiver.onConnection = (socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n');
    expect(await post()).toMatchObject({ code: 'protocol_error' });
  });

  it.each([
    ['100', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['103', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'],
    [
      '100, 100 and 103',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\nx: y\r\n\r\nHTTP/1.1 103 X\r\n\r\n',
    ],
  ])('26: says %s before its 200: delivered, on a used connection too', async (_name, interim) => {
    for (const pause of [false, true, false]) {
      receiver.handler = ({ socket }) => {
        socket.write(pause ? interim : interim + OK);
        if (pause) setImmediate(() => socket.write(OK));
      };
      const answered = await post();
      expect(answered).toMatchObject({ isDelivered: true, code: 'http_200' });
      expect(answered.response?.body).toBe('ok');
    }
    expect(receiver.connections).toBe(1);
  });

  it('26: answers a body that looks like a 100: it is the body', async () => {
    const body = 'HTTP/1.1 100 Continue\r\n\r\n';
    receiver.handler = ({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`);
      setImmediate(() => socket.write(body));
    };
    expect((await post()).response).toMatchObject({ body, isTruncated: false });
  });

  it('27: upgrades: protocol_error', async () => {
    receiver.handler = answering(
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
    );
    expect(await post()).toMatchObject({ isDelivered: false, code: 'protocol_error' });
  });

  it.each([200, 201, 202, 299])('28: answers %i: delivered', async (status) => {
    receiver.handler = answer(status);
    expect(await post()).toMatchObject({ isDelivered: true, code: `http_${status}` });
  });

  it('28: answers 204: delivered, with an empty body', async () => {
    receiver.handler = answering('HTTP/1.1 204 No Content\r\n\r\n');
    expect(await post()).toMatchObject({
      isDelivered: true,
      response: { body: '', encoding: 'utf8', isTruncated: false },
    });
  });

  it.each([300, 301, 302, 303, 304, 307, 308])(
    '29: answers %i: redirect, and nobody else is asked',
    async (status) => {
      const second = await SocketReceiver.start();
      for (const location of [
        second.url(),
        receiver.url('/other'),
        'http://169.254.169.254/latest/',
      ]) {
        receiver.handler = answer(status, `location: ${location}\r\n`);
        expect(await post()).toMatchObject({
          isDelivered: false,
          code: 'redirect',
          statusCode: status,
        });
      }
      expect(second.connections).toBe(0);
      expect(receiver.requests.map(({ path }) => path)).toEqual(Array(3).fill('/hook'));
      await second.close();
    },
  );

  it.each([400, 401, 404, 422, 429, 500, 502, 503, 504])(
    '30: answers %i: failed',
    async (status) => {
      receiver.handler = answer(status, '', 'no');
      expect(await post()).toMatchObject({
        isDelivered: false,
        code: `http_${status}`,
        statusCode: status,
        isGone: false,
        response: { body: 'no' },
      });
    },
  );

  it('31: answers 410: gone', async () => {
    receiver.handler = answer(410);
    expect(await post()).toMatchObject({ isDelivered: false, code: 'http_410', isGone: true });
  });

  it.each([
    ['disable', 'disable'],
    ['abort-message', 'abort-message'],
    ['please', null],
  ])('31: steers with %s', async (value, steering) => {
    receiver.handler = answer(400, `Webhook-Delivery: ${value}\r\n`);
    expect(await post()).toMatchObject({ steering });
  });

  it('32: asks to be left alone for a while: its hint; twice: none', async () => {
    receiver.handler = answer(503, 'Retry-After: 120\r\n');
    expect(await post()).toMatchObject({ retryAfterMs: 120_000 });
    receiver.handler = answer(503, 'Retry-After: 120\r\nRetry-After: 60\r\n');
    expect(await post()).toMatchObject({ retryAfterMs: null });
  });

  /** On a slow machine a second may go by before a dead connection is noticed; here it never does. */
  const stopTheClock = async (): Promise<void> => {
    await client.close();
    const clock = { monotonicMs: () => 0, nowMs: () => Date.now() };
    client = new CustomerClient({ allowLoopback: true, allowCidrs: [], clock });
  };

  it('33: closes a kept connection as we write: sent again at once on a new one, within the one attempt', async () => {
    await stopTheClock();
    receiver.handler = ({ socket }) => {
      if (receiver.requests.length === 2) socket.destroy();
      else socket.write(OK);
    };
    expect(await post()).toMatchObject({ isDelivered: true });
    expect(await post()).toMatchObject({ isDelivered: true });
    expect(receiver.connections).toBe(2);
    expect(receiver.requests).toHaveLength(3);
  });

  it('33: closes every connection: the one repeat, and no more', async () => {
    await stopTheClock();
    receiver.handler = ({ socket }) => {
      if (receiver.requests.length >= 2) socket.destroy();
      else socket.write(OK);
    };
    await post();
    expect(await post()).toMatchObject({ isDelivered: false, code: 'connection_reset' });
    expect(receiver.requests).toHaveLength(3);
  });

  it('34: resets after it read the whole body: failed, and sent once', async () => {
    receiver.handler = ({ socket }) => {
      socket.resetAndDestroy();
    };
    expect(await post()).toMatchObject({ code: 'connection_reset', response: null });
    expect(receiver.requests).toHaveLength(1);
  });

  it('34: breaks off within its first line, on a used connection too: failed, and not sent again', async () => {
    await post();
    receiver.handler = ({ socket }) => {
      socket.end('HTTP/1.1 20');
    };
    expect(await post()).toMatchObject({ isDelivered: false });
    expect(receiver.requests).toHaveLength(2);
  });

  it('35: answers in time, however slowly, is delivered; later is a timeout that a late 200 does not change', async () => {
    const held: ReceivedRequest[] = [];
    receiver.handler = (request) => held.push(request);
    const answerHeld = () => {
      for (const { socket } of held.splice(0)) socket.write(OK);
    };
    const inTime = post(30_000);
    await until(() => held.length === 1);
    answerHeld();
    expect(await inTime).toMatchObject({ isDelivered: true });
    const tooLate = await post(200);
    answerHeld();
    expect(tooLate).toMatchObject({ isDelivered: false, code: 'timeout' });
    expect(tooLate.durationMs).toBeGreaterThanOrEqual(199);
  });

  it('39: echoes markup: kept as the text that it is', async () => {
    receiver.handler = answer(200, '', '<script>alert(1)</script>');
    expect((await post()).response?.body).toBe('<script>alert(1)</script>');
  });

  it('is not there: connection_refused', async () => {
    // The port of an outgoing connection: nobody listens on it, and nobody else can be given it meanwhile.
    const taken = connect(receiver.port, '127.0.0.1');
    await once(taken, 'connect');
    const url = `http://127.0.0.1:${taken.localPort}/hook`;
    expect(await post(30_000, url)).toMatchObject({ code: 'connection_refused' });
    taken.destroy();
  });

  it('is still at work when the client closes: interrupted, which is not its fault', async () => {
    receiver.handler = () => undefined;
    const running = post();
    await until(() => receiver.requests.length === 1);
    await client.close();
    expect(await running).toMatchObject({ code: 'interrupted' });
    expect(await post()).toMatchObject({ code: 'interrupted' });
  });
});

function drip(socket: { write(text: string): boolean; destroyed: boolean }, text: string): void {
  const timer = setInterval(() => {
    if (socket.destroyed) clearInterval(timer);
    else socket.write(text);
  }, 20);
}
