import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '@gateway/testing';
import { request } from 'undici';
import { magicRecipient } from './domain/faults';
import { INBOUND_TYPES, CHANGE_FIELDS } from './domain/inbound-samples';
import { STATUS_SCRIPTS } from './domain/status-scripts';
import { startSimulator, type Simulator } from './simulator';

const APP_SECRET = 'test-app-secret';
const NUMBER = '106540352242922';
const TO = '905321234567';

interface Status {
  readonly id: string;
  readonly status: string;
  readonly recipient_id: string;
  readonly biz_opaque_callback_data?: string;
  readonly pricing?: { type: string; category: string; billable: boolean };
  readonly errors?: readonly { code: number }[];
}
interface Value {
  readonly metadata?: { phone_number_id: string };
  readonly contacts?: readonly { wa_id: string }[];
  readonly messages?: readonly { id: string; type: string }[];
  readonly statuses?: readonly Status[];
}
interface Webhook {
  readonly object: string;
  readonly entry: readonly { id: string; changes: readonly { field: string; value: Value }[] }[];
}

let simulator: Simulator;
let receiver: Server;
let received: { body: Buffer; signature: unknown }[];
let answers: number[];

beforeEach(async () => {
  received = [];
  answers = [];
  receiver = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      received.push({
        body: Buffer.concat(chunks),
        signature: incoming.headers['x-hub-signature-256'],
      });
      outgoing.writeHead(answers.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  simulator = await startSimulator({
    port: 0,
    webhooks: { url: receiverUrl(), appSecret: APP_SECRET, delaysMs: [5, 40, 80] },
  });
});

afterEach(async () => {
  await simulator.stop();
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
});

const receiverUrl = (): string =>
  `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/webhooks`;

async function control(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown) {
  const answer = await request(`${simulator.url}/_simulator/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.statusCode, json: (await answer.body.json()) as Record<string, unknown> };
}

const change = (settings: object) => control('PUT', 'webhooks/settings', settings);

async function graph(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  options: { token?: string; body?: object } = {},
) {
  const answer = await request(`${simulator.url}/v26.0/${path}`, {
    method,
    headers: { authorization: `Bearer ${options.token ?? 'EAAx'}` },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  return { status: answer.statusCode, json: (await answer.body.json()) as Record<string, unknown> };
}

const TEXT = { type: 'text', text: { body: 'hi' } };
async function send(to = TO, content: object = TEXT, path = `${NUMBER}/messages`, token?: string) {
  const body = { messaging_product: 'whatsapp', to, ...content };
  const { json } = await graph('POST', path, { body, token });
  return (json.messages as { id: string }[])[0]?.id ?? '';
}
const template = (name: string) => ({
  type: 'template',
  template: { name, language: { code: 'en' } },
});

const webhooks = (): Webhook[] =>
  received.map(({ body }) => JSON.parse(body.toString()) as Webhook);
const values = (): Value[] =>
  webhooks().flatMap(({ entry }) =>
    entry.flatMap(({ changes }) => changes.map(({ value }) => value)),
  );
const statuses = (): Status[] => values().flatMap((value) => value.statuses ?? []);
const names = (): string[] => statuses().map(({ status }) => status);
const untilStatuses = (count: number): Promise<Status[]> =>
  until(() => statuses().length >= count && statuses());

describe('an accepted message', () => {
  it('is sent, delivered and read, each in a webhook that is signed over its bytes', async () => {
    const wamid = await send();
    const seen = await untilStatuses(3);
    expect(seen.map(({ status }) => status)).toEqual(['sent', 'delivered', 'read']);
    expect(new Set(seen.map(({ id }) => id))).toEqual(new Set([wamid]));
    expect(new Set(seen.map((status) => status.recipient_id))).toEqual(new Set([TO]));
    expect(values()[0]?.metadata?.phone_number_id).toBe(NUMBER);
    for (const { body, signature } of received) {
      const digest = createHmac('sha256', APP_SECRET).update(body).digest('hex');
      expect(signature).toBe(`sha256=${digest}`);
    }
  });

  it('is escaped as Meta escapes, and carries what it was sent with in every status', async () => {
    const data = 'g1:a/b "ä" 👋 \u2028';
    await send(TO, { ...TEXT, biz_opaque_callback_data: data });
    const seen = await untilStatuses(3);
    expect(seen.map((status) => status.biz_opaque_callback_data)).toEqual([data, data, data]);
    const text = received[0]?.body.toString('latin1') ?? '';
    expect(text).toContain('g1:a\\/b \\"\\u00e4\\" \\ud83d\\udc4b \\u2028');
    expect(text).toMatch(/^[\x20-\x7e]*$/);
  });

  it('is priced when it is sent and when it is delivered, by what it is', async () => {
    const expected: [Parameters<typeof send>, string, string][] = [
      [[TO], 'free_customer_service', 'service'],
      [[magicRecipient(218)], 'regular', 'service'],
      [[magicRecipient(217)], 'free_entry_point', 'service'],
      [[TO, template('order_update')], 'regular', 'utility'],
      [[TO, template('spring_marketing')], 'regular', 'marketing'],
      [[TO, template('login_otp')], 'regular', 'authentication'],
      [[TO, template('x'), `${NUMBER}/marketing_messages`], 'regular', 'marketing_lite'],
    ];
    for (const [parameters, type, category] of expected) {
      received.length = 0;
      await send(...parameters);
      const pricing = (await untilStatuses(3)).map((status) => status.pricing);
      const priced = { billable: type === 'regular', pricing_model: 'PMP', type, category };
      expect(pricing).toEqual([priced, priced, undefined]);
    }
  });

  it('gets none while statuses are off, or while there is nowhere to send them', async () => {
    for (const [off, on] of [
      [{ hasStatuses: false }, { hasStatuses: true }],
      [{ url: null }, { url: receiverUrl() }],
    ] as const) {
      received.length = 0;
      await change(off);
      await send();
      await change(on);
      const later = await send();
      await untilStatuses(3);
      expect(new Set(statuses().map(({ id }) => id))).toEqual(new Set([later]));
    }
  });
});

describe('magic recipients', () => {
  it.each(
    STATUS_SCRIPTS.filter(({ statuses: all }) => all.length > 0).map(
      (script) => [script.does, script] as const,
    ),
  )('%s', async (_does, script) => {
    await change({ delaysMs: [0, 200, 400] });
    await send(magicRecipient(script.suffix));
    const expected = script.statuses.flatMap((status) =>
      Array<string>(script.copies ?? 1).fill(status),
    );
    const seen = await untilStatuses(expected.length);
    // What leaves at once goes over several connections: Meta promises no order.
    if (script.isAtOnce) expect(names().sort()).toEqual(expected.sort());
    else expect(names()).toEqual(expected);
    expect(seen.flatMap(({ errors = [] }) => errors.map(({ code }) => code))).toEqual(
      script.error ? [script.error.code] : [],
    );
    expect(seen.filter((status) => status.pricing).length).toBe(
      expected.filter(
        (status) =>
          ['sent', 'delivered'].includes(status) ||
          (status === 'read' && !script.statuses.includes('delivered')),
      ).length,
    );
    if (script.isTogether) expect(received).toHaveLength(1);
  });

  it('219 is never heard of again', async () => {
    await send(magicRecipient(219));
    const other = await send();
    await untilStatuses(3);
    expect(new Set(statuses().map(({ id }) => id))).toEqual(new Set([other]));
  });
});

describe('a webhook that is not taken', () => {
  it('comes again, at once and then later, byte for byte, until it is answered 200', async () => {
    answers = [500, 503, 404];
    await change({ retryMaxMs: 50 });
    await send(magicRecipient(210));
    await until(() => received.length === 4);
    expect(new Set(received.map(({ body }) => body.toString())).size).toBe(1);
    while ((await control('GET', 'webhooks/count')).json.accepted !== 1) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect((await control('GET', 'webhooks')).json).toMatchObject({
      count: 1,
      next: null,
      webhooks: [{ sequence: 1, attempts: 4, status: 200, state: 'accepted', updates: 1 }],
    });
  });

  it('waits for a receiver that is not there, and is pending meanwhile', async () => {
    const url = receiverUrl();
    await change({ url: 'http://127.0.0.1:9/', retryMaxMs: 20 });
    await send(magicRecipient(210));
    const isTried = async (): Promise<boolean> => {
      const { json } = await control('GET', 'webhooks');
      return ((json.webhooks as { attempts: number }[])[0]?.attempts ?? 0) > 2;
    };
    while (!(await isTried())) await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await control('GET', 'webhooks/count')).json).toMatchObject({
      count: 1,
      pending: 1,
      accepted: 0,
    });
    await change({ url });
    await until(() => received.length === 1);
  });
});

describe('scripts', () => {
  it('batch what comes together, as one list of one number', async () => {
    await change({ batchMax: 100 });
    const { json } = await control('POST', 'inbound', { phoneNumberId: NUMBER, count: 250 });
    await until(() => values().flatMap(({ messages = [] }) => messages).length === 250);
    expect(received).toHaveLength(3);
    expect(
      values()
        .flatMap(({ messages = [] }) => messages.map(({ id }) => id))
        .sort(),
    ).toEqual((json.ids as string[]).sort());
  });

  it('repeat each webhook', async () => {
    await change({ copies: 3 });
    await send(magicRecipient(210));
    await until(() => received.length === 3);
    expect(names()).toEqual(['sent', 'sent', 'sent']);
  });

  it('mix up the order and lose nothing', async () => {
    await change({ isShuffled: true, batchMax: 1_000 });
    const { json } = await control('POST', 'inbound', { phoneNumberId: NUMBER, count: 1_000 });
    await until(() => values().flatMap(({ messages = [] }) => messages).length === 1_000);
    const got = values().flatMap(({ messages = [] }) => messages.map(({ id }) => id));
    expect(got).not.toEqual(json.ids);
    expect(got.sort()).toEqual((json.ids as string[]).sort());
  });

  it.each([
    [{ url: 'ftp://x' }],
    [{ url: 'x' }],
    [{ appSecret: '' }],
    [{ hasStatuses: 1 }],
    [{ delaysMs: [1] }],
    [{ delaysMs: [1, 2, -1] }],
    [{ batchMax: 1_001 }],
    [{ copies: 0 }],
    [{ surprise: 1 }],
    ['text'],
  ])('are refused when they are wrong: %j', async (settings) => {
    expect((await control('PUT', 'webhooks/settings', settings)).status).toBe(400);
  });

  it('are shown without the secret', async () => {
    const { json } = await control('GET', 'webhooks/settings');
    expect(json).toMatchObject({ hasStatuses: true, batchMax: 1 });
    expect(JSON.stringify(json)).not.toContain(APP_SECRET);
  });
});

describe('what users and Meta do', () => {
  it.each(INBOUND_TYPES)('is a message of type %s', async (type) => {
    const { status, json } = await control('POST', 'inbound', { phoneNumberId: NUMBER, type });
    expect(status).toBe(202);
    await until(() => received.length === 1);
    const [value] = values();
    expect(value?.messages).toMatchObject([
      { id: (json.ids as string[])[0], type, from: '16505551234' },
    ]);
    expect(value?.contacts?.[0]?.wa_id).toBe(type === 'system' ? undefined : '16505551234');
  });

  it('is a message with content of its own', async () => {
    const content = { text: { body: 'ä/' } };
    await control('POST', 'inbound', { phoneNumberId: NUMBER, from: '49', name: 'Zoë', content });
    await until(() => received.length === 1);
    expect(values()[0]).toMatchObject({
      contacts: [{ wa_id: '49', profile: { name: 'Zoë' } }],
      messages: [{ from: '49', text: { body: 'ä/' } }],
    });
  });

  it.each(CHANGE_FIELDS)('is a change of %s', async (field) => {
    expect((await control('POST', 'events', { wabaId: '7', field })).status).toBe(202);
    await until(() => received.length === 1);
    expect(webhooks()[0]).toMatchObject({
      object: 'whatsapp_business_account',
      entry: [{ id: '7', changes: [{ field }] }],
    });
  });

  it('is a change that nobody knows, with its value given', async () => {
    await control('POST', 'events', { wabaId: '7', field: 'of_tomorrow', value: { a: 1 } });
    await until(() => received.length === 1);
    expect(values()).toEqual([{ a: 1 }]);
  });

  it.each([
    ['inbound', {}],
    ['inbound', { phoneNumberId: 'x' }],
    ['inbound', { phoneNumberId: NUMBER, type: 'fax' }],
    ['inbound', { phoneNumberId: NUMBER, count: 0 }],
    ['inbound', { phoneNumberId: NUMBER, content: [] }],
    ['inbound', { phoneNumberId: NUMBER, surprise: 1 }],
    ['events', { wabaId: '7', field: 'of_tomorrow' }],
    ['events', { field: 'account_update' }],
    ['events', { wabaId: '7', field: 'A B' }],
    ['events', { wabaId: '7', field: 'account_update', value: 7 }],
  ])('is refused when it is wrong: %s %j', async (path, body) => {
    expect((await control('POST', path, body)).status).toBe(400);
  });

  it('is refused while there is nowhere to send it', async () => {
    await change({ url: null });
    expect((await control('POST', 'inbound', { phoneNumberId: NUMBER })).status).toBe(409);
  });
});

describe('a free phone number', () => {
  interface Free {
    readonly phoneNumberId: string;
    readonly wabaId: string;
    readonly accessToken: string;
  }
  const takeFree = async (): Promise<Free> =>
    (await control('POST', 'phone-numbers/free')).json as unknown as Free;

  it('passes what a gateway checks before it connects it, with its own token alone', async () => {
    const { phoneNumberId, wabaId, accessToken: token } = await takeFree();
    expect(phoneNumberId).toMatch(/^\d{5,20}$/);
    expect((await graph('GET', phoneNumberId, { token })).json).toMatchObject({
      id: phoneNumberId,
    });
    expect((await graph('GET', wabaId, { token })).json).toMatchObject({ id: wabaId });
    expect((await graph('GET', `${wabaId}/phone_numbers`, { token })).json).toMatchObject({
      data: [{ id: phoneNumberId }],
    });
    const other = await takeFree();
    for (const wrong of ['EAAx', other.accessToken]) {
      for (const path of [phoneNumberId, wabaId, `${wabaId}/phone_numbers`]) {
        expect((await graph('GET', path, { token: wrong })).json.error).toMatchObject({
          code: 100,
          error_subcode: 33,
        });
      }
    }
    expect((await graph('GET', NUMBER, { token })).status).toBe(400);
  });

  it('tells nothing before an app subscribes, and nothing after it unsubscribes', async () => {
    const { phoneNumberId, wabaId, accessToken: token } = await takeFree();
    const path = `${phoneNumberId}/messages`;
    const apps = async () => (await graph('GET', `${wabaId}/subscribed_apps`, { token })).json.data;
    await send(TO, TEXT, path, token);
    expect(await apps()).toEqual([]);
    expect((await graph('POST', `${wabaId}/subscribed_apps`, { token })).json).toEqual({
      success: true,
    });
    expect(await apps()).toHaveLength(1);
    const heard = await send(TO, TEXT, path, token);
    await untilStatuses(3);
    await graph('DELETE', `${wabaId}/subscribed_apps`, { token });
    await send(TO, TEXT, path, token);
    await send();
    await untilStatuses(6);
    const ofNumber = values().filter(({ metadata }) => metadata?.phone_number_id === phoneNumberId);
    expect(new Set(ofNumber.flatMap(({ statuses: of = [] }) => of.map(({ id }) => id)))).toEqual(
      new Set([heard]),
    );
    expect(webhooks()[0]?.entry[0]?.id).toBe(wabaId);
  });

  it('is what it was after the simulator began anew, and tells again', async () => {
    const { phoneNumberId, wabaId, accessToken: token } = await takeFree();
    await simulator.stop();
    simulator = await startSimulator({
      port: 0,
      webhooks: { url: receiverUrl(), appSecret: APP_SECRET, delaysMs: [0, 0, 0] },
    });
    expect((await graph('GET', `${wabaId}/phone_numbers`, { token })).status).toBe(200);
    await send(TO, TEXT, `${phoneNumberId}/messages`, token);
    expect(await untilStatuses(3)).toHaveLength(3);
  });

  it('may be registered with ids of one’s own', async () => {
    const own = { phoneNumberId: '111111', wabaId: '222222', accessToken: 'EAAown' };
    expect((await control('POST', 'phone-numbers', own)).status).toBe(201);
    const asked = await graph('GET', '222222/phone_numbers', { token: 'EAAown' });
    expect(asked.json).toMatchObject({ data: [{ id: '111111' }] });
    expect((await graph('GET', '111111', { token: 'EAAother' })).status).toBe(400);
    for (const wrong of [
      {},
      { ...own, wabaId: 'x' },
      { ...own, more: 1 },
      { ...own, accessToken: 7 },
    ]) {
      expect((await control('POST', 'phone-numbers', wrong)).status).toBe(400);
    }
  });
});

describe('the outbox', () => {
  it('keeps mails and passwords, and prints the passwords, on one line each', async () => {
    const printed: string[] = [];
    await simulator.stop();
    simulator = await startSimulator({ port: 0, print: (line) => printed.push(line) });
    const otp = { kind: 'otp', to: '+905321234567', text: 'Your code is\n123456\u001b[2J' };
    const mail = { kind: 'mail', to: 'a@example.com', subject: 'Invite', text: 'Come\nin' };
    expect((await control('POST', 'outbox', otp)).status).toBe(201);
    await control('POST', 'outbox', mail);
    expect(printed).toEqual(['OTP for +905321234567: Your code is 123456 [2J']);
    expect((await control('GET', 'outbox')).json).toMatchObject({ messages: [otp, mail] });
    expect((await control('GET', 'outbox?to=a@example.com')).json).toMatchObject({
      messages: [mail],
    });
    await control('DELETE', 'outbox');
    expect((await control('GET', 'outbox')).json).toEqual({ messages: [] });
  });

  it('keeps the newest thousand', async () => {
    for (let count = 0; count < 1_005; count += 1) {
      await control('POST', 'outbox', { kind: 'mail', to: 'a', text: String(count) });
    }
    const { messages } = (await control('GET', 'outbox')).json as { messages: { text: string }[] };
    expect([messages.length, messages[0]?.text]).toEqual([1_000, '5']);
  });

  it.each([
    {},
    { kind: 'fax', to: 'a', text: 'x' },
    { kind: 'otp', to: '', text: 'x' },
    { kind: 'otp', to: 'a', text: 7 },
    { kind: 'mail', to: 'a', text: 'x', subject: 7 },
    { kind: 'mail', to: 'a', text: 'x', more: 1 },
  ])('refuses %j', async (message) => {
    expect((await control('POST', 'outbox', message)).status).toBe(400);
  });
});
