import { once } from 'node:events';
import { connect } from 'node:net';
import type { Journey } from '@gateway/contracts';
import { PRODUCTION_KEY, TEXT, formatKey, send, startEdge, type Edge } from './edge-fixture';
import { never } from './stages';

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge({ EDGE_REQUEST_TIMEOUT_MS: '1000' });
});
afterEach(() => {
  edge.stages.reset();
});
afterAll(() => edge.close());

const BODY = JSON.stringify(TEXT);
const request = (more: { length?: number; headers?: string[]; body?: string } = {}): string =>
  [
    'POST /v1/wa/message HTTP/1.1',
    'Host: localhost',
    `Authorization: Bearer ${PRODUCTION_KEY}`,
    'Content-Type: application/json',
    `Content-Length: ${more.length ?? Buffer.byteLength(more.body ?? BODY)}`,
    ...(more.headers ?? []),
    '',
    more.body ?? BODY,
  ].join('\r\n');

/** Everything that the edge answers to these bytes until it closes, or until `isDone`. */
async function answersTo(
  bytes: string,
  isDone: (text: string) => boolean = () => false,
): Promise<string> {
  const socket = connect(edge.port, '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    if (isDone(text)) socket.destroy();
  });
  socket.on('error', () => undefined);
  socket.write(bytes);
  await once(socket, 'close');
  return text;
}

const statuses = (text: string): string[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status ?? '');

it('answers pipelined requests in their order', async () => {
  let count = 0;
  edge.stages.answer = ({ journey }) => ({
    kind: 'accepted',
    from: 'dispatcher',
    messageId: journey.messageId,
    isReplayed: false,
    data: `{"n":${count++}}`,
  });
  const text = await answersTo(request().repeat(20), (got) => got.includes('"n":19'));
  expect([...text.matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n))).toEqual([...Array(20).keys()]);
});

it('cuts a body that promises more than it holds, within the time for a request', async () => {
  const text = await answersTo(request({ length: BODY.length + 1 }));
  expect(statuses(text)).toEqual(['400']);
  expect(text).toContain('"GW_003"');
  expect(edge.stages.submitted).toEqual([]);
});

it('cuts headers that come too slowly', async () => {
  const text = await answersTo('POST /v1/wa/message HTTP/1.1\r\nHost: a\r\n');
  expect(statuses(text)).toEqual(['400']);
});

it('reads a body that holds more than it promises as the rubbish that it is', async () => {
  const text = await answersTo(request({ length: 10 }));
  expect(statuses(text)).toEqual(['400', '400']);
  expect(text).toContain('"GW_002"');
  expect(edge.stages.submitted).toEqual([]);
});

it('lets a message in flight have its own answer before the rubbish behind it gets one', async () => {
  const held: { journey: Journey }[] = [];
  edge.stages.answer = (message) => (held.push(message), null);
  const broken = once(edge.service.app.getHttpServer(), 'clientError');
  const answering = answersTo(`${request()}rubbish\r\n\r\n`);
  await broken;
  while (held.length === 0) await new Promise((resolve) => setImmediate(resolve));
  edge.stages.replyTo(held[0]?.journey);
  const text = await answering;
  expect(statuses(text)).toEqual(['200', '400']);
});

it('gives rubbish, broken headers and too large ones the one form of errors', async () => {
  for (const bytes of [
    'rubbish\r\n\r\n',
    request({ headers: ['X-A: a\u0000b'] }),
    request({ headers: ['Content-Length: 5'] }),
    request({ headers: ['Transfer-Encoding: chunked'] }),
    request({ headers: [`X-Large: ${'x'.repeat(20_000)}`] }),
  ]) {
    const text = await answersTo(bytes);
    expect(statuses(text)[0]).toBe('400');
    expect(text).toContain('"isSuccess":false');
    expect(text).toContain('X-Request-Id: ');
  }
  expect(edge.stages.submitted).toEqual([]);
});

it('never sends a header back that it did not check', async () => {
  const text = await answersTo(
    request({ headers: ['X-Request-Id: a\tb', 'Idempotency-Key: a\tb'] }),
    (got) => got.includes('isSuccess'),
  );
  expect(text).toContain('"Idempotency-Key"');
  expect(text).not.toContain('a\tb');
});

it('takes one Authorization header, not two', async () => {
  const text = await answersTo(request({ headers: ['authorization: Bearer x'] }), (got) =>
    got.includes('isSuccess'),
  );
  expect(text).toContain('"AUTH_003"');
});

it('refuses a caller without key before the body is read', async () => {
  const head = 'POST /v1/wa/message HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n';
  expect(await answersTo(head, (got) => got.includes('isSuccess'))).toContain('"AUTH_002"');
});

it('answers 1,000 invented keys at once while a good key goes on', async () => {
  edge.stages.lookUp = () => Promise.resolve({ version: 0, key: null, application: null });
  const startedAtMs = Date.now();
  const invented = Array.from({ length: 1_000 }, (_, index) =>
    send(edge, TEXT, { key: formatKey(index) }).then(({ code }) => code),
  );
  const good = Promise.all(
    Array.from({ length: 20 }, () => send(edge).then(({ status }) => status)),
  );
  expect(new Set(await Promise.all(invented))).toEqual(new Set(['AUTH_001']));
  expect(new Set(await good)).toEqual(new Set([200]));
  const elapsedSeconds = (Date.now() - startedAtMs) / 1_000;
  expect(edge.stages.lookedUp.length).toBeLessThanOrEqual(201 + 200 * elapsedSeconds);
});

it('says AUTH_004 within 2 s when auth does not answer', async () => {
  edge.stages.lookUp = never;
  const asked = edge.stages.lookedUp.length;
  let index = 5_000;
  let startedAtMs: number;
  let answer: Awaited<ReturnType<typeof send>>;
  // Until a look-up is free again: the test before has used them up.
  do {
    startedAtMs = Date.now();
    answer = await send(edge, TEXT, { key: formatKey(index) });
    index += 1;
  } while (edge.stages.lookedUp.length === asked);
  const { status, code, headers } = answer;
  expect([status, code, headers.get('retry-after')]).toEqual([500, 'AUTH_004', '1']);
  expect(Date.now() - startedAtMs).toBeLessThan(2_000);
});
