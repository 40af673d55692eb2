import type { DeliveryRecord, Role, WebhookEndpointRecord } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { ORG_ID, PRODUCTION_KEY, call, startEdge, type Answer, type Edge } from './edge-fixture';
import { USER_ID, accessToken } from './signed-in';

const APPLICATION = '/api/v1/applications/demo';
const ID = '0193a8c0-0000-7000-8000-0000000000b1';
const FROM = '2026-11-01T00:00:00Z';
const TO = '2026-11-02T00:00:00+02:00';

const RECORD: WebhookEndpointRecord = {
  id: ID,
  url: 'https://example.com/hook',
  headers: { 'X-Api-Key': 'header-secret' },
  subscribedEvents: {
    messages: true,
    message_status: true,
    read: false,
    message_template_status: true,
    account: true,
  },
  hubSignature: false,
  isActive: true,
  disabledReason: null,
  createdAt: '2026-11-28T10:00:00.000Z',
  updatedAt: '2026-11-28T10:00:00.000Z',
};
const RESPONSE = { body: 'ok', encoding: 'utf8', isTruncated: false } as const;
const RESULT = {
  isDelivered: true,
  code: 'http_200',
  statusCode: 200,
  durationMs: 12,
  response: RESPONSE,
} as const;
const DELIVERY: DeliveryRecord = {
  id: ID,
  webhookId: 'evt_1',
  event: 'message_status',
  state: 'delivered',
  messageId: null,
  createdAt: '2026-11-28T10:00:00.000Z',
  nextAttemptAt: null,
  attempts: [
    {
      number: 1,
      startedAt: '2026-11-28T10:00:00.000Z',
      durationMs: 12,
      code: 'http_200',
      statusCode: 200,
      response: RESPONSE,
    },
  ],
};
const REPLAY = { id: ID, state: 'running', total: 7, done: 3 } as const;

/** Every route, with a request that is in order. */
const ROUTES = [
  { name: 'read', method: 'GET', path: '/webhook', asks: ['endpoint.get'] },
  {
    name: 'upsert',
    method: 'POST',
    path: '/webhook',
    body: { url: RECORD.url },
    asks: ['endpoint.upsert'],
  },
  { name: 'delete', method: 'DELETE', path: '/webhook', asks: ['endpoint.delete'] },
  { name: 'test', method: 'POST', path: '/webhook/test', asks: ['endpoint.get', 'endpoint.test'] },
  {
    name: 'rotate',
    method: 'POST',
    path: '/webhook/signing-secret/rotate',
    body: { overlapHours: 1 },
    asks: ['endpoint.rotate'],
  },
  { name: 'deliveries', method: 'GET', path: '/webhook/deliveries', asks: ['deliveries.list'] },
  {
    name: 'resend',
    method: 'POST',
    path: `/webhook/deliveries/${ID}/resend`,
    asks: ['deliveries.resend'],
  },
  {
    name: 'create replay',
    method: 'POST',
    path: '/webhook/replays',
    body: { from: FROM, to: TO },
    asks: ['replays.create'],
  },
  { name: 'read replay', method: 'GET', path: `/webhook/replays/${ID}`, asks: ['replays.get'] },
  {
    name: 'cancel replay',
    method: 'DELETE',
    path: `/webhook/replays/${ID}`,
    asks: ['replays.cancel'],
  },
  {
    name: 'sandbox test',
    method: 'POST',
    path: '/sandbox/webhook/test',
    body: { targetUrl: RECORD.url, payload: '{}' },
    asks: ['endpoint.get', 'target.test'],
  },
] as const;

let edge: Edge;
const tokens = new Map<Role | null, string>();
beforeAll(async () => {
  edge = await startEdge();
  for (const role of ['owner', 'admin', 'developer', 'billing', 'read-only', null] as const) {
    tokens.set(role, await accessToken(role));
  }
});
afterAll(() => edge.close());
beforeEach(() => {
  edge.stages.reset();
  edge.stages.commands.length = 0;
});

const ask = (
  path: string,
  options: {
    method?: string;
    body?: object | string;
    role?: Role | null;
    key?: string | null;
  } = {},
): Promise<Answer> => {
  const { role = 'owner', key = tokens.get(role), ...rest } = options;
  return call(edge, APPLICATION + path, { ...rest, key });
};

const routeOf = (name: (typeof ROUTES)[number]['name']) => {
  const route = ROUTES.find((each) => each.name === name);
  if (!route) throw new Error(name);
  return route;
};
const askRoute = (
  { method, path, ...route }: (typeof ROUTES)[number],
  options: { body?: object; role?: Role | null; key?: string | null } = {},
): Promise<Answer> =>
  ask(path, { method, ...('body' in route && { body: route.body }), ...options });

/** The webhooks service at its best. */
function playAll(): void {
  const { stages } = edge;
  stages.on('webhooks', 'endpoint.get', () => RECORD);
  stages.on('webhooks', 'endpoint.upsert', () => ({ ...RECORD, isCreated: false }));
  stages.on('webhooks', 'endpoint.delete', () => null);
  stages.on('webhooks', 'endpoint.test', () => RESULT);
  stages.on('webhooks', 'target.test', () => RESULT);
  stages.on('webhooks', 'endpoint.rotate', () => ({ signingSecret: 'whsec_new' }));
  stages.on('webhooks', 'deliveries.list', () => ({ deliveries: [DELIVERY], totalCount: 41 }));
  stages.on('webhooks', 'deliveries.resend', () => DELIVERY);
  stages.on('webhooks', 'replays.create', () => REPLAY);
  stages.on('webhooks', 'replays.get', () => REPLAY);
  stages.on('webhooks', 'replays.cancel', () => null);
}

const dataOf = ({ text }: Answer): unknown => (JSON.parse(text) as { data: unknown }).data;
const fieldsOf = ({ params }: Answer) => (params as { fields: { path: string }[] }).fields;
const asked = () => edge.stages.commands.map(({ command, request }) => ({ command, request }));

describe('every route of the webhook', () => {
  it.each(ROUTES)('$name: asks the owner, for the organization of the token', async (route) => {
    playAll();
    const answer = await askRoute(route);
    expect([200, 201, 204]).toContain(answer.status);
    expect(asked().map(({ command }) => command)).toEqual([...route.asks]);
    for (const { request } of asked())
      expect(request).toMatchObject({ orgId: ORG_ID, appId: 'demo' });
  });

  it.each(ROUTES)(
    '$name: without an access token, or with an API key, is AUTH_011',
    async (route) => {
      playAll();
      const expired = await accessToken('owner', {}, -60);
      for (const key of [null, 'nonsense', PRODUCTION_KEY, expired]) {
        expect(await askRoute(route, { key })).toMatchObject({ status: 401, code: 'AUTH_011' });
      }
      expect(asked()).toEqual([]);
    },
  );

  it.each(ROUTES)(
    '$name: is for owner, admin and developer; billing is AUTH_013; read-only reads',
    async (route) => {
      playAll();
      for (const role of ['owner', 'admin', 'developer'] as const) {
        expect((await askRoute(route, { role })).status).toBeLessThan(300);
      }
      expect(await askRoute(route, { role: 'billing' })).toMatchObject({
        status: 403,
        code: 'AUTH_013',
      });
      const looking = await askRoute(route, { role: 'read-only' });
      expect(looking.status).toBe(route.method === 'GET' ? 200 : 403);
      if (route.method !== 'GET') expect(looking.code).toBe('AUTH_013');
    },
  );

  it.each(ROUTES)(
    '$name: without an organization is empty to read, else AUTH_014',
    async (route) => {
      playAll();
      const answer = await askRoute(route, { role: null });
      if (route.method === 'GET') {
        expect(answer.status).toBe(200);
        expect(dataOf(answer)).toEqual(route.name === 'deliveries' ? [] : null);
      } else expect(answer).toMatchObject({ status: 403, code: 'AUTH_014' });
      expect(asked()).toEqual([]);
    },
  );

  it.each(ROUTES)("$name: another tenant's is 404, as what is not there", async (route) => {
    for (const command of route.asks) {
      edge.stages.on('webhooks', command, () => {
        throw new AppError('GW_404');
      });
    }
    const foreign = await askRoute(route);
    expect(foreign).toMatchObject({ status: 404, code: 'GW_404', params: {} });
    const malformed = await call(edge, '/api/v1/applications/no%20handle/webhook', {
      key: tokens.get('owner'),
    });
    expect(malformed.text).toBe(foreign.text);
  });

  it('with the service down is GW_008 within 2 s', async () => {
    const startedMs = performance.now();
    await Promise.all(
      ROUTES.map(async (route) => {
        const answer = await askRoute(route);
        expect([route.name, answer.status, answer.code]).toEqual([route.name, 503, 'GW_008']);
        expect(answer.headers.get('retry-after')).toBe('1');
      }),
    );
    // 1.8 s, and what a busy machine adds.
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    expect(asked()).toHaveLength(ROUTES.length);
  });

  it.each(ROUTES.filter(({ path }) => path.includes(ID)))(
    '$name: an id that is none is 404, and nobody is asked',
    async (route) => {
      for (const id of ['1', 'x'.repeat(36), `${ID}0`, '%00', '..%2f']) {
        const { method, path } = route;
        expect(await ask(path.replace(ID, id), { method })).toMatchObject({
          status: 404,
          code: 'GW_404',
        });
      }
      expect(asked()).toEqual([]);
    },
  );
});

describe('the record', () => {
  it('is null before there is one', async () => {
    edge.stages.on('webhooks', 'endpoint.get', () => null);
    expect((await ask('/webhook')).text).toBe('{"isSuccess":true,"data":null}');
  });

  it('reads the same twice, with every field, headers in clear for who may change them', async () => {
    playAll();
    const [first, second] = [await ask('/webhook'), await ask('/webhook', { role: 'developer' })];
    expect(dataOf(first)).toEqual(RECORD);
    expect(second.text).toBe(first.text);
  });

  it('has no headers for who may only look', async () => {
    playAll();
    const answer = await ask('/webhook', { role: 'read-only' });
    expect(dataOf(answer)).toEqual({ ...RECORD, headers: undefined });
    expect(answer.text).not.toContain('header-secret');
  });

  it('on first creation is 201 with the secrets, this once, and nothing internal', async () => {
    edge.stages.on('webhooks', 'endpoint.upsert', () => ({
      ...RECORD,
      isCreated: true,
      signingSecret: 'whsec_made',
      secret: 'made-secret',
    }));
    const created = await ask('/webhook', { method: 'POST', body: { url: RECORD.url } });
    expect(created.status).toBe(201);
    expect(dataOf(created)).toEqual({
      ...RECORD,
      signingSecret: 'whsec_made',
      secret: 'made-secret',
    });
    expect(edge.logLines.join('')).not.toContain('made-secret');
    playAll();
    const changed = await ask('/webhook', { method: 'POST', body: { isActive: true } });
    expect([changed.status, dataOf(changed)]).toEqual([200, RECORD]);
  });

  it('hands on what was given, and only that', async () => {
    playAll();
    const bodies = [
      {},
      { url: RECORD.url },
      { headers: {} },
      { headers: { 'X-A': 'b', Authorization: 'Basic x' } },
      { subscribedEvents: { read: false } },
      { secret: 's'.repeat(32), hubSignature: true, isActive: false },
    ];
    for (const body of bodies) await ask('/webhook', { method: 'POST', body });
    expect(asked().map(({ request }) => request)).toEqual(
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
    playAll();
    const answer = await ask('/webhook', { method: 'POST', body });
    expect(answer).toMatchObject({ status: 400, code: 'GW_003' });
    expect(fieldsOf(answer).map((field) => field.path)).toEqual([path]);
    expect(asked()).toEqual([]);
  });

  it('refuses what is no JSON object', async () => {
    for (const [body, code] of [
      ['{', 'GW_002'],
      ['[]', 'GW_003'],
      ['null', 'GW_003'],
    ] as const) {
      expect(await ask('/webhook', { method: 'POST', body })).toMatchObject({ status: 400, code });
    }
    expect(asked()).toEqual([]);
  });

  it("names the owner's findings", async () => {
    const fields = [{ path: 'url', reason: 'must lead to a public address' }];
    edge.stages.on('webhooks', 'endpoint.upsert', () => {
      throw new AppError('GW_003', { params: { fields } });
    });
    const answer = await ask('/webhook', { method: 'POST', body: { url: 'https://10.0.0.1/' } });
    expect(answer).toMatchObject({ status: 400, code: 'GW_003', params: { fields } });
  });

  it('is removed with 204 and an empty body; repeated it is 404', async () => {
    playAll();
    expect(await ask('/webhook', { method: 'DELETE' })).toMatchObject({ status: 204, text: '' });
    edge.stages.on('webhooks', 'endpoint.delete', () => {
      throw new AppError('GW_404');
    });
    expect(await ask('/webhook', { method: 'DELETE' })).toMatchObject({
      status: 404,
      code: 'GW_404',
    });
  });
});

describe('the signing secret', () => {
  const route = routeOf('rotate');

  it('is shown on rotation; without hours the owner decides', async () => {
    playAll();
    expect(dataOf(await askRoute(route))).toEqual({ signingSecret: 'whsec_new' });
    expect((await ask(route.path, { method: 'POST' })).status).toBe(200);
    const of = { orgId: ORG_ID, userId: USER_ID, appId: 'demo' };
    expect(asked().map(({ request }) => request)).toEqual([{ ...of, overlapHours: 1 }, of]);
  });

  it.each([-1, 169, 1.5, '1', null])('refuses %p hours', async (overlapHours) => {
    expect(await askRoute(route, { body: { overlapHours } })).toMatchObject({ code: 'GW_003' });
  });

  it('a third within the overlap is GW_011 with its reason', async () => {
    const reason = 'the secret before this one signs until 2026-11-29T00:00:00.000Z';
    edge.stages.on('webhooks', 'endpoint.rotate', () => {
      throw new AppError('GW_011', { params: { reason } });
    });
    expect(await askRoute(route)).toMatchObject({
      status: 409,
      code: 'GW_011',
      params: { reason },
    });
  });
});

describe('a call of the customer', () => {
  it('answers what his server answered', async () => {
    playAll();
    expect(dataOf(await askRoute(routeOf('test')))).toEqual(RESULT);
    expect(dataOf(await askRoute(routeOf('sandbox test')))).toEqual(RESULT);
  });

  it('waits for a slow one longer than for the service itself', async () => {
    playAll();
    edge.stages.on('webhooks', 'endpoint.test', async () => {
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      return RESULT;
    });
    expect((await askRoute(routeOf('test'))).status).toBe(200);
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
    playAll();
    const answer = await askRoute(routeOf('sandbox test'), { body });
    expect(answer.code).toBe('GW_003');
    expect(fieldsOf(answer).map((field) => field.path)).toEqual([path]);
    expect(asked()).toEqual([]);
  });
});

describe('deliveries', () => {
  it('are a page whose numbers agree', async () => {
    playAll();
    const answer = await ask('/webhook/deliveries?pageNumber=2&pageSize=20');
    expect(JSON.parse(answer.text)).toEqual({
      isSuccess: true,
      data: [DELIVERY],
      pagingMetadata: {
        currentPage: 2,
        pageSize: 20,
        totalCount: 41,
        totalPages: 3,
        hasNext: true,
      },
    });
  });

  it('are asked for by state, event and time', async () => {
    playAll();
    await ask(
      `/webhook/deliveries?state=held&event=read&from=${FROM}&to=${encodeURIComponent(TO)}`,
    );
    expect(asked()[0]?.request).toEqual({
      orgId: ORG_ID,
      appId: 'demo',
      pageNumber: 1,
      pageSize: 20,
      state: 'held',
      event: 'read',
      from: FROM,
      to: TO,
    });
  });

  it.each([
    'pageNumber=0',
    'pageNumber=x',
    'pageSize=101',
    'pageSize=0',
    'state=lost',
    'event=call',
    'from=yesterday',
    'to=2026-11-28',
    'state=held&state=held',
  ])('refuse ?%s', async (query) => {
    expect(await ask(`/webhook/deliveries?${query}`)).toMatchObject({
      status: 400,
      code: 'GW_003',
    });
    expect(asked()).toEqual([]);
  });

  it('in flight are not sent again: GW_011', async () => {
    edge.stages.on('webhooks', 'deliveries.resend', () => {
      throw new AppError('GW_011', { params: { reason: 'an attempt is in flight' } });
    });
    expect(await askRoute(routeOf('resend'))).toMatchObject({ status: 409, code: 'GW_011' });
  });
});

describe('a replay', () => {
  it('is created with 201, read, and canceled with 204', async () => {
    playAll();
    const created = await askRoute(routeOf('create replay'));
    expect([created.status, dataOf(created)]).toEqual([201, REPLAY]);
    expect(dataOf(await askRoute(routeOf('read replay')))).toEqual(REPLAY);
    expect(await askRoute(routeOf('cancel replay'))).toMatchObject({ status: 204, text: '' });
    expect(asked()[0]?.request).toEqual({
      orgId: ORG_ID,
      userId: USER_ID,
      appId: 'demo',
      from: FROM,
      to: TO,
    });
  });

  it.each([
    [{ from: FROM }, 'to'],
    [{ to: TO }, 'from'],
    [{ from: FROM, to: '2026-11-02' }, 'to'],
    [{ from: 1, to: TO }, 'from'],
    [{ from: FROM, to: TO, includeDelivered: 'no' }, 'includeDelivered'],
    [{ from: FROM, to: TO, state: 'x' }, 'state'],
  ])('refuses %j', async (body, path) => {
    const answer = await askRoute(routeOf('create replay'), { body });
    expect(answer.code).toBe('GW_003');
    expect(fieldsOf(answer).map((field) => field.path)).toEqual([path]);
  });
});
