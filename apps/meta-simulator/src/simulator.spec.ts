import { Agent, request } from 'undici';
import {
  BROKEN_ANSWERS,
  LATE_ANSWERS,
  faultOfRecipient,
  magicRecipient,
  type BrokenAnswerKind,
} from './domain/faults';
import { META_ERRORS } from './domain/meta-errors';
import { startSimulator, type Simulator } from './simulator';

const TOKEN = 'EAAsimulator';
const PHONE_NUMBER_ID = '106540352242922';

let simulator: Simulator;
let agent: Agent;

beforeAll(async () => {
  simulator = await startSimulator({ port: 0 });
  agent = new Agent({ headersTimeout: 600, bodyTimeout: 600, connections: 50 });
});

afterAll(async () => {
  await agent.destroy();
  await simulator.stop();
});

beforeEach(async () => {
  await control('DELETE', '/_simulator/sends');
  await control('DELETE', '/_simulator/faults');
});

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

interface Sends {
  readonly count: number;
  readonly next: number | null;
  readonly sends: readonly {
    readonly sequence: number;
    readonly at: string;
    readonly phoneNumberId: string;
    readonly endpoint: string;
    readonly wamid: string | null;
    readonly fault: string | null;
    readonly body: unknown;
  }[];
}

async function post(
  body: unknown,
  path = `/v23.0/${PHONE_NUMBER_ID}/messages`,
  authorization: string | null = `Bearer ${TOKEN}`,
): Promise<Answer> {
  const answer = await request(simulator.url + path, {
    method: 'POST',
    dispatcher: agent,
    headers: {
      'content-type': 'application/json',
      ...(authorization === null ? {} : { authorization }),
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await answer.body.text();
  return { status: answer.statusCode, text, json: parsed(text) };
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

const textTo = (to: string, body = 'hello') => ({
  messaging_product: 'whatsapp',
  recipient_type: 'individual',
  to,
  type: 'text',
  text: { body },
});

const sendTo = (to: string): Promise<Answer> => post(textTo(to));

async function control(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown) {
  const answer = await request(simulator.url + path, {
    method,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: answer.statusCode, json: await answer.body.json() };
}

async function sends(query = ''): Promise<Sends> {
  return (await control('GET', `/_simulator/sends${query}`)).json as Sends;
}

const codeOf = (answer: Answer): unknown =>
  (answer.json.error as { code?: number } | undefined)?.code;

describe('POST /{version}/{phone-number-id}/messages', () => {
  it('answers as Meta does and enters the body in the ledger as it was received', async () => {
    const body = `{ "messaging_product":"whatsapp", "to":"+90 532 123-4567",\n"type":"text","text":{"body":"h\\u00e4 ä"} }`;
    const answer = await post(body);
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      messaging_product: 'whatsapp',
      contacts: [{ input: '+90 532 123-4567', wa_id: '905321234567' }],
      messages: [{ id: expect.stringMatching(/^wamid\.HBgM[A-Za-z0-9+/=]+$/) as string }],
    });
    const ledger = await control('GET', '/_simulator/sends');
    expect(ledger.json).toMatchObject({ count: 1, next: null });
    const raw = await request(`${simulator.url}/_simulator/sends`);
    expect(await raw.body.text()).toContain(`"body":${body}}`);
    const [entry] = (ledger.json as Sends).sends;
    expect(entry).toMatchObject({
      sequence: 1,
      phoneNumberId: PHONE_NUMBER_ID,
      endpoint: 'messages',
      wamid: (answer.json.messages as { id: string }[])[0]?.id,
      fault: null,
    });
    expect(Math.abs(Date.parse(entry?.at ?? '') - Date.now())).toBeLessThan(60_000);
  });

  it('gives a template its message_status, on both endpoints and in any version', async () => {
    const template = {
      messaging_product: 'whatsapp',
      to: '905321234567',
      type: 'template',
      template: { name: 'hello_world', language: { code: 'en_US' } },
    };
    for (const path of [
      '/v19.0/1/messages',
      '/v26.0/1/marketing_messages',
      '/v100.12/1/messages',
    ]) {
      const answer = await post(template, path);
      expect(answer.json.messages).toEqual([
        { id: expect.any(String) as string, message_status: 'accepted' },
      ]);
    }
  });

  it('takes an object that comes as text, as Meta does', async () => {
    const answer = await post({ ...textTo('905321234567'), text: '{"body":"hello"}' });
    expect(answer.status).toBe(200);
  });

  it('answers mark-as-read with success and without a wamid', async () => {
    const read = { messaging_product: 'whatsapp', status: 'read', message_id: 'wamid.x' };
    const answer = await post({ ...read, typing_indicator: { type: 'text' } });
    expect(answer.text).toBe('{"success":true}');
    expect((await sends()).sends).toMatchObject([{ wamid: null, body: read }]);
  });

  it('never gives a wamid twice, not even after a restart', async () => {
    const other = await startSimulator({ port: 0 });
    const ids = new Set<unknown>();
    for (const url of [simulator.url, other.url]) {
      for (let count = 0; count < 50; count += 1) {
        const answer = await request(`${url}/v23.0/1/messages`, {
          method: 'POST',
          headers: { authorization: `Bearer ${TOKEN}` },
          body: JSON.stringify(textTo('905321234567')),
        });
        ids.add(((await answer.body.json()) as { messages: { id: string }[] }).messages[0]?.id);
      }
    }
    await other.stop();
    expect(ids.size).toBe(100);
  });

  it.each([
    ['not JSON', '{', 100],
    ['an empty body', '', 100],
    ['an array', [], 100],
    ['no messaging_product', { to: '905321234567', type: 'text', text: { body: 'x' } }, 100],
    ['no recipient', { ...textTo('905321234567'), to: undefined }, 100],
    ['a recipient that is no number', textTo('abc'), 131009],
    ['an unknown type', { ...textTo('905321234567'), type: 'fax' }, 100],
    ['a missing object', { ...textTo('905321234567'), type: 'image' }, 131008],
    ['a text without a body', { ...textTo('905321234567'), text: {} }, 131008],
    ['a text that is too long', textTo('905321234567', 'x'.repeat(4_097)), 100],
    [
      'a template without a language',
      { ...textTo('9053212345'), type: 'template', template: { name: 'x' } },
      131008,
    ],
    [
      'too much callback data',
      { ...textTo('9053212345'), biz_opaque_callback_data: 'x'.repeat(513) },
      100,
    ],
    ['a body over 1 MB', textTo('905321234567', 'x'.repeat(1_100_000)), 100],
  ])('refuses %s with the code of Meta and accepts nothing', async (_case, body, code) => {
    const answer = await post(body);
    expect([answer.status, codeOf(answer)]).toEqual([400, code]);
    expect((await sends()).count).toBe(0);
  });

  it('refuses what is no template on marketing_messages', async () => {
    const answer = await post(textTo('905321234567'), '/v23.0/1/marketing_messages');
    expect(codeOf(answer)).toBe(131055);
  });

  it.each([
    ['no token', null, 0],
    ['another scheme', 'Basic RUFB', 0],
    ['a token that is none of Meta', 'Bearer pk_123', 190],
  ])('answers 401 to %s', async (_case, authorization, code) => {
    const answer = await post(textTo('905321234567'), '/v23.0/1/messages', authorization);
    expect([answer.status, codeOf(answer)]).toEqual([401, code]);
  });

  it('takes one token alone when it is told which', async () => {
    const strict = await startSimulator({ port: 0, accessToken: 'EAAonly' });
    const statuses: number[] = [];
    for (const token of ['EAAonly', 'EAAother']) {
      const answer = await request(`${strict.url}/v23.0/1`, {
        headers: { authorization: `Bearer ${token}` },
      });
      statuses.push(answer.statusCode);
    }
    await strict.stop();
    expect(statuses).toEqual([200, 401]);
  });

  it('answers 100/33 for what does not exist', async () => {
    for (const path of ['/v23.0/abc/messages', '/v23.0/1/unknown', '/messages', '/']) {
      const answer = await post(textTo('905321234567'), path);
      expect([answer.status, answer.json.error]).toEqual([
        400,
        expect.objectContaining({ code: 100, error_subcode: 33 }),
      ]);
    }
  });
});

describe('GET /{version}/{phone-number-id}', () => {
  it('describes any phone number', async () => {
    const answer = await request(`${simulator.url}/v23.0/1234?fields=id`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect(await answer.body.json()).toMatchObject({ id: '1234', quality_rating: 'GREEN' });
  });
});

describe('magic recipients', () => {
  it.each(META_ERRORS)('+1 555 0100 $suffix is answered $code', async (error) => {
    const answer = await sendTo(`+${magicRecipient(error.suffix)}`);
    expect(answer.status).toBe(error.status);
    expect(answer.json.error).toEqual({
      message: error.title,
      type: 'OAuthException',
      code: error.code,
      ...(error.subcode === undefined ? {} : { error_subcode: error.subcode }),
      ...(error.details === null
        ? {}
        : { error_data: { messaging_product: 'whatsapp', details: error.details } }),
      fbtrace_id: expect.stringMatching(/^A[\w-]{22}$/) as string,
    });
    expect((await sends()).count).toBe(0);
  });

  it.each(Object.entries(BROKEN_ANSWERS))(
    '%s is in the ledger or not as told',
    async (kind, fault) => {
      await request(`${simulator.url}/v23.0/1/messages`, {
        method: 'POST',
        dispatcher: agent,
        headers: { authorization: `Bearer ${TOKEN}` },
        body: JSON.stringify(textTo(magicRecipient(fault.suffix))),
      }).then(
        ({ body }) => body.on('error', () => undefined).destroy(),
        () => null,
      );
      const { sends: entries } = await sends();
      expect(entries.map((entry) => entry.fault)).toEqual(fault.isAccepted ? [kind] : []);
    },
  );

  const sendBroken = (kind: BrokenAnswerKind) =>
    sendTo(magicRecipient(BROKEN_ANSWERS[kind].suffix));

  it.each(['timeout-before-accept', 'timeout-after-accept'] as const)(
    '%s never answers',
    async (kind) => {
      await expect(sendBroken(kind)).rejects.toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT' });
    },
  );

  it.each(['reset-before-accept', 'reset-after-accept'] as const)(
    '%s resets the connection',
    async (kind) => {
      await expect(sendBroken(kind)).rejects.toMatchObject({ code: 'ECONNRESET' });
    },
  );

  it('truncated-json breaks off in the body', async () => {
    await expect(sendBroken('truncated-json')).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
  });

  it('invalid-json is whole by HTTP and no JSON', async () => {
    const answer = await sendBroken('invalid-json');
    expect(answer.status).toBe(200);
    expect(() => JSON.parse(answer.text) as unknown).toThrow();
    expect(answer.text.length).toBeGreaterThan(100);
  });

  it.each([
    ['html-502', 502],
    ['html-404', 404],
  ] as const)('%s is a page', async (kind, status) => {
    const answer = await sendBroken(kind);
    expect([answer.status, answer.text.slice(0, 15)]).toEqual([status, '<!DOCTYPE html>']);
  });

  it('empty-200 and no-id-200 say nothing of use', async () => {
    expect(await sendBroken('empty-200')).toMatchObject({ status: 200, text: '' });
    expect(await sendBroken('no-id-200')).toMatchObject({ status: 200, json: { messages: [{}] } });
  });

  it('huge-200 is 10 MB of valid JSON', async () => {
    const answer = await sendBroken('huge-200');
    expect(answer.text.length).toBeGreaterThan(10 * 1_048_576);
    expect(answer.json.messages).toHaveLength(1);
  });

  it('endless-200 keeps on sending', async () => {
    const answer = await request(`${simulator.url}/v23.0/1/messages`, {
      method: 'POST',
      dispatcher: agent,
      headers: { authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify(textTo(magicRecipient(BROKEN_ANSWERS['endless-200'].suffix))),
    });
    let bytes = 0;
    for await (const chunk of answer.body) {
      bytes += (chunk as Buffer).length;
      if (bytes >= 4) break;
    }
    expect([answer.statusCode, bytes]).toEqual([200, 4]);
  });

  it('is late by a second, three or fifteen', async () => {
    const startedMs = performance.now();
    const slow = new Agent();
    const answer = await request(`${simulator.url}/v23.0/1/messages`, {
      method: 'POST',
      dispatcher: slow,
      headers: { authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify(textTo(magicRecipient(1))),
    });
    expect(answer.statusCode).toBe(200);
    expect(performance.now() - startedMs).toBeGreaterThan(990);
    await slow.destroy();
    expect(LATE_ANSWERS.map(({ suffix }) => faultOfRecipient(magicRecipient(suffix)))).toEqual(
      [1_000, 3_000, 15_000].map((latencyMs) => ({ kind: 'latency', latencyMs })),
    );
  });

  it('lie in +1 555 0100 xxx alone, each with one fault', async () => {
    for (const to of [
      '15550100000',
      '15550100999',
      '15550101114',
      '905550100114',
      '155501001140',
    ]) {
      expect((await sendTo(to)).status).toBe(200);
    }
    const suffixes = [META_ERRORS, LATE_ANSWERS, Object.values(BROKEN_ANSWERS)].flatMap((rows) =>
      rows.map(({ suffix }: { suffix: number }) => suffix),
    );
    expect(new Set(suffixes).size).toBe(suffixes.length);
  });
});
