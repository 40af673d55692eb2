import { Agent, request } from 'undici';
import { startSimulator, type Simulator } from './simulator';

let simulator: Simulator;
let agent: Agent;

beforeEach(async () => {
  simulator = await startSimulator({ port: 0 });
  agent = new Agent({ headersTimeout: 600 });
});

afterEach(async () => {
  await agent.destroy();
  await simulator.stop();
});

interface Sends {
  readonly count: number;
  readonly next: number | null;
  readonly sends: readonly {
    readonly sequence: number;
    readonly body: { text: { body: string } };
  }[];
}

async function send(phoneNumberId: string, to: string, text = 'hello'): Promise<number> {
  const answer = await request(`${simulator.url}/v23.0/${phoneNumberId}/messages`, {
    method: 'POST',
    dispatcher: agent,
    headers: { authorization: 'Bearer EAAx' },
    body: JSON.stringify({ messaging_product: 'whatsapp', to, type: 'text', text: { body: text } }),
  });
  const body = (await answer.body.json()) as { error?: { code: number } };
  return body.error?.code ?? answer.statusCode;
}

async function control(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown) {
  const answer = await request(simulator.url + path, {
    method,
    dispatcher: agent,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: answer.statusCode, json: (await answer.body.json()) as Record<string, unknown> };
}

const setFault = (rule: unknown) => control('POST', '/_simulator/faults', rule);

const sends = async (query = ''): Promise<Sends> =>
  (await control('GET', `/_simulator/sends${query}`)).json as unknown as Sends;

const TO = '905321234567';

describe('POST /_simulator/faults', () => {
  it('hangs one phone number and leaves the others alone', async () => {
    await setFault({ phoneNumberId: '1', fault: 'timeout-before-accept' });
    await expect(send('1', TO)).rejects.toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT' });
    expect(await send('2', TO)).toBe(200);
    expect((await sends()).count).toBe(1);
  });

  it('slows one phone number down', async () => {
    await setFault({ phoneNumberId: '1', latencyMs: 150 });
    const startedMs = performance.now();
    expect(await send('1', TO)).toBe(200);
    expect(performance.now() - startedMs).toBeGreaterThan(145);
  });

  it('goes away after its count', async () => {
    await setFault({ recipient: TO, fault: 'error-131026', count: 2 });
    expect([await send('1', TO), await send('2', TO), await send('1', TO)]).toEqual([
      131026, 131026, 200,
    ]);
    expect((await control('GET', '/_simulator/faults')).json).toEqual({ faults: [] });
  });

  it('goes away after its time', async () => {
    await setFault({ fault: 'error-131016', forMs: 100 });
    expect(await send('1', TO)).toBe(131016);
    const deadlineMs = performance.now() + 5_000;
    let code = 0;
    while (code !== 200 && performance.now() < deadlineMs) code = await send('1', TO);
    expect(code).toBe(200);
  });

  it('limits the throughput of each phone number by itself', async () => {
    await setFault({ fault: 'throughput', perSecond: 3 });
    const codes = await Promise.all(
      ['1', '1', '1', '1', '2', '2'].map((phoneNumberId) => send(phoneNumberId, TO)),
    );
    expect(codes.toSorted((one, other) => one - other)).toEqual([200, 200, 200, 200, 200, 130429]);
  });

  it('needs both number and recipient to match, and goes before a magic recipient', async () => {
    await setFault({ phoneNumberId: '1', recipient: '15550100114', fault: 'error-131056' });
    expect(await send('1', '15550100114')).toBe(131056);
    expect(await send('2', '15550100114')).toBe(130429);
    expect(await send('1', TO)).toBe(200);
  });

  it('is listed, and cleared by DELETE, one or all', async () => {
    const first = await setFault({ phoneNumberId: '1', fault: 'html-502', count: 5 });
    await setFault({ recipient: '2', latencyMs: 10 });
    expect(first.status).toBe(201);
    expect((await control('GET', '/_simulator/faults')).json).toMatchObject({
      faults: [
        { phoneNumberId: '1', recipient: null, fault: 'html-502', remaining: 5, endsInMs: null },
        { phoneNumberId: null, recipient: '2', fault: 'latency-10', remaining: null },
      ],
    });
    await control('DELETE', `/_simulator/faults?id=${String(first.json.id)}`);
    expect((await control('GET', '/_simulator/faults')).json.faults).toHaveLength(1);
    await control('DELETE', '/_simulator/faults');
    expect((await control('GET', '/_simulator/faults')).json.faults).toEqual([]);
    expect((await control('DELETE', '/_simulator/faults?id=99')).status).toBe(404);
  });

  it.each([
    'text',
    {},
    { fault: 'unknown' },
    { fault: 'error-424242' },
    { fault: 'latency' },
    { latencyMs: -1 },
    { fault: 'throughput', perSecond: 0 },
    { fault: 'html-502', phoneNumberId: 1 },
    { fault: 'html-502', recipient: '+1' },
    { fault: 'html-502', count: 0 },
    { fault: 'html-502', forMs: 'x' },
    { fault: 'html-502', surprise: true },
  ])('refuses %j and says why', async (rule) => {
    const answer = await setFault(rule);
    expect(answer.status).toBe(400);
    expect((answer.json.error as { message: string }).message).not.toBe('');
  });
});

describe('the throughput option', () => {
  it('answers 130429 above the limit of a phone number', async () => {
    const limited = await startSimulator({ port: 0, throughputPerSecond: 2 });
    await simulator.stop();
    simulator = limited;
    expect([
      await send('1', TO),
      await send('1', TO),
      await send('1', TO),
      await send('2', TO),
    ]).toEqual([200, 200, 130429, 200]);
  });
});

describe('GET /_simulator/sends', () => {
  it('pages through everything in order', async () => {
    for (let count = 1; count <= 25; count += 1) await send('1', TO, `message ${count}`);
    const texts: string[] = [];
    let after: number | null = 0;
    let pages = 0;
    while (after !== null) {
      const page: Sends = await sends(`?after=${after}&limit=10`);
      texts.push(...page.sends.map(({ body }) => body.text.body));
      after = page.next;
      pages += 1;
    }
    expect(pages).toBe(3);
    expect(texts).toEqual(Array.from({ length: 25 }, (_, index) => `message ${index + 1}`));
    expect((await control('GET', '/_simulator/sends/count')).json).toEqual({ count: 25, kept: 25 });
  });

  it.each(['?limit=0', '?limit=x', '?after=-1'])('refuses %s', async (query) => {
    expect((await control('GET', `/_simulator/sends${query}`)).status).toBe(400);
  });

  it('is empty after DELETE', async () => {
    await send('1', TO);
    await control('DELETE', '/_simulator/sends');
    expect(await sends()).toEqual({ count: 0, sends: [], next: null });
  });

  it('names its routes to who asks for another', async () => {
    const answer = await control('GET', '/_simulator/nothing');
    expect(answer.status).toBe(404);
    expect(JSON.stringify(answer.json)).toContain('POST /_simulator/faults');
  });
});

describe('a simulator that runs as a process of its own', () => {
  it('hears that it is still in use, and answers before it stops', async () => {
    const heard: string[] = [];
    await simulator.stop();
    simulator = await startSimulator({
      port: 0,
      lifecycle: {
        onKeepAlive: () => heard.push('keep-alive'),
        onStop: () => heard.push('stop'),
      },
    });
    expect((await control('POST', '/_simulator/keep-alive')).status).toBe(200);
    expect((await control('POST', '/_simulator/stop')).status).toBe(202);
    expect(heard).toEqual(['keep-alive', 'stop']);
  });
});
