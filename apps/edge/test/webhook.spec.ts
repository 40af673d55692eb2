import { AppError } from '@gateway/errors';
import { ORG_ID } from './edge-fixture';
import { USER_ID } from './signed-in';
import { WebhookCaller, ID, RECORD, RESULT, dataOf, fieldsOf, routeOf } from './webhook-fixture';

let caller: WebhookCaller;
beforeAll(async () => {
  caller = await WebhookCaller.start();
});
afterAll(() => caller.edge.close());
beforeEach(() => {
  caller.reset();
});

describe('the record', () => {
  it('is null before there is one', async () => {
    caller.edge.stages.on('webhooks', 'endpoint.get', () => null);
    expect((await caller.ask('/webhook')).text).toBe('{"isSuccess":true,"data":null}');
  });

  it('reads the same twice, with every field, headers in clear for who may change them', async () => {
    caller.playAll();
    const [first, second] = [
      await caller.ask('/webhook'),
      await caller.ask('/webhook', { role: 'developer' }),
    ];
    expect(dataOf(first)).toEqual(RECORD);
    expect(second.text).toBe(first.text);
  });

  it('has no headers for who may only look', async () => {
    caller.playAll();
    const answer = await caller.ask('/webhook', { role: 'read-only' });
    expect(dataOf(answer)).toEqual({ ...RECORD, headers: undefined });
    expect(answer.text).not.toContain('header-secret');
  });

  it('on first creation is 201 with the secrets, this once, and nothing internal', async () => {
    caller.edge.stages.on('webhooks', 'endpoint.upsert', () => ({
      ...RECORD,
      isCreated: true,
      signingSecret: 'whsec_made',
      secret: 'made-secret',
    }));
    const created = await caller.ask('/webhook', { method: 'POST', body: { url: RECORD.url } });
    expect(created.status).toBe(201);
    expect(dataOf(created)).toEqual({
      ...RECORD,
      signingSecret: 'whsec_made',
      secret: 'made-secret',
    });
    expect(caller.edge.logLines.join('')).not.toContain('made-secret');
    caller.playAll();
    const changed = await caller.ask('/webhook', { method: 'POST', body: { isActive: true } });
    expect([changed.status, dataOf(changed)]).toEqual([200, RECORD]);
  });

  it('hands on what was given, and only that', async () => {
    caller.playAll();
    const bodies = [
      {},
      { url: RECORD.url },
      { headers: {} },
      { headers: { 'X-A': 'b', Authorization: 'Basic x' } },
      { subscribedEvents: { read: false } },
      { secret: 's'.repeat(32), hubSignature: true, isActive: false },
    ];
    for (const body of bodies) await caller.ask('/webhook', { method: 'POST', body });
    expect(caller.asked().map(({ request }) => request)).toEqual(
      bodies.map((body) => ({ ...body, orgId: ORG_ID, userId: USER_ID, appId: 'demo' })),
    );
  });

  it.each([
    [{ url: null }, 'url'],
    [{ url: 7 }, 'url'],
    [{ url: '' }, 'url'],
    [{ url: `https://example.com/${'a'.repeat(2048)}` }, 'url'],
    [{ secret: 'short' }, 'secret'],
    [{ secret: 's'.repeat(257) }, 'secret'],
    [{ secret: `${'s'.repeat(40)}\n` }, 'secret'],
    [{ secret: null }, 'secret'],
    [{ headers: null }, 'headers'],
    [{ headers: ['X-A'] }, 'headers'],
    [{ headers: { 'X-A': 1 } }, 'headers'],
    [
      { headers: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`X-${i}`, ''])) },
      'headers',
    ],
    [{ subscribedEvents: { read: 'yes' } }, 'subscribedEvents.read'],
    [{ subscribedEvents: { calls: true } }, 'subscribedEvents.calls'],
    [{ subscribedEvents: [] }, 'subscribedEvents'],
    [{ subscribedEvents: null }, 'subscribedEvents'],
    [{ hubSignature: 'true' }, 'hubSignature'],
    [{ isActive: 1 }, 'isActive'],
    [{ signingSecret: 'whsec_x' }, 'signingSecret'],
    [{ id: ID }, 'id'],
    [{ orgId: ID }, 'orgId'],
  ])('refuses %j, naming the field', async (body, path) => {
    caller.playAll();
    const answer = await caller.ask('/webhook', { method: 'POST', body });
    expect(answer).toMatchObject({ status: 400, code: 'GW_003' });
    expect(fieldsOf(answer).map((field) => field.path)).toEqual([path]);
    expect(caller.asked()).toEqual([]);
  });

  it('refuses what is no JSON object', async () => {
    for (const [body, code] of [
      ['{', 'GW_002'],
      ['[]', 'GW_003'],
      ['null', 'GW_003'],
    ] as const) {
      expect(await caller.ask('/webhook', { method: 'POST', body })).toMatchObject({
        status: 400,
        code,
      });
    }
    expect(caller.asked()).toEqual([]);
  });

  it("names the owner's findings", async () => {
    const fields = [{ path: 'url', reason: 'must lead to a public address' }];
    caller.edge.stages.on('webhooks', 'endpoint.upsert', () => {
      throw new AppError('GW_003', { params: { fields } });
    });
    const answer = await caller.ask('/webhook', {
      method: 'POST',
      body: { url: 'https://10.0.0.1/' },
    });
    expect(answer).toMatchObject({ status: 400, code: 'GW_003', params: { fields } });
  });

  it('is removed with 204 and an empty body; repeated it is 404', async () => {
    caller.playAll();
    expect(await caller.ask('/webhook', { method: 'DELETE' })).toMatchObject({
      status: 204,
      text: '',
    });
    caller.edge.stages.on('webhooks', 'endpoint.delete', () => {
      throw new AppError('GW_404');
    });
    expect(await caller.ask('/webhook', { method: 'DELETE' })).toMatchObject({
      status: 404,
      code: 'GW_404',
    });
  });
});

describe('the signing secret', () => {
  const route = routeOf('rotate');

  it('is shown on rotation; without hours the owner decides', async () => {
    caller.playAll();
    expect(dataOf(await caller.askRoute(route))).toEqual({ signingSecret: 'whsec_new' });
    expect((await caller.ask(route.path, { method: 'POST' })).status).toBe(200);
    const of = { orgId: ORG_ID, userId: USER_ID, appId: 'demo' };
    expect(caller.asked().map(({ request }) => request)).toEqual([{ ...of, overlapHours: 1 }, of]);
  });

  it.each([-1, 169, 1.5, '1', null])('refuses %p hours', async (overlapHours) => {
    expect(await caller.askRoute(route, { body: { overlapHours } })).toMatchObject({
      code: 'GW_003',
    });
  });

  it('a third within the overlap is GW_011 with its reason', async () => {
    const reason = 'the secret before this one signs until 2026-11-29T00:00:00.000Z';
    caller.edge.stages.on('webhooks', 'endpoint.rotate', () => {
      throw new AppError('GW_011', { params: { reason } });
    });
    expect(await caller.askRoute(route)).toMatchObject({
      status: 409,
      code: 'GW_011',
      params: { reason },
    });
  });
});

describe('a call of the customer', () => {
  it('answers what his server answered', async () => {
    caller.playAll();
    expect(dataOf(await caller.askRoute(routeOf('test')))).toEqual(RESULT);
    expect(dataOf(await caller.askRoute(routeOf('sandbox test')))).toEqual(RESULT);
  });

  it('waits for a slow one longer than for the service itself', async () => {
    caller.playAll();
    caller.edge.stages.on('webhooks', 'endpoint.test', async () => {
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      return RESULT;
    });
    expect((await caller.askRoute(routeOf('test'))).status).toBe(200);
  });

  it.each([
    [{ targetUrl: RECORD.url }, 'payload'],
    [{ payload: '{}' }, 'targetUrl'],
    [{ targetUrl: RECORD.url, payload: {} }, 'payload'],
    [{ targetUrl: RECORD.url, payload: 'no json' }, 'payload'],
    [{ targetUrl: RECORD.url, payload: '' }, 'payload'],
    [{ targetUrl: RECORD.url, payload: `"${'x'.repeat(10_000)}"` }, 'payload'],
    [{ targetUrl: 7, payload: '{}' }, 'targetUrl'],
    [{ targetUrl: RECORD.url, payload: '{}', headers: {} }, 'headers'],
  ])('refuses %j', async (body, path) => {
    caller.playAll();
    const answer = await caller.askRoute(routeOf('sandbox test'), { body });
    expect(answer.code).toBe('GW_003');
    expect(fieldsOf(answer).map((field) => field.path)).toEqual([path]);
    expect(caller.asked()).toEqual([]);
  });
});
