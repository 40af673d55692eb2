import { AppError } from '@gateway/errors';
import { ORG_ID, PRODUCTION_KEY, call } from './edge-fixture';
import { accessToken } from './signed-in';
import { WebhookCaller, ID, ROUTES, dataOf } from './webhook-fixture';

let caller: WebhookCaller;
beforeAll(async () => {
  caller = await WebhookCaller.start();
});
afterAll(() => caller.edge.close());
beforeEach(() => {
  caller.reset();
});

describe('every route of the webhook', () => {
  it.each(ROUTES)('$name: asks the owner, for the organization of the token', async (route) => {
    caller.playAll();
    const answer = await caller.askRoute(route);
    expect([200, 201, 204]).toContain(answer.status);
    expect(caller.asked().map(({ command }) => command)).toEqual([...route.asks]);
    for (const { request } of caller.asked())
      expect(request).toMatchObject({ orgId: ORG_ID, appId: 'demo' });
  });

  it.each(ROUTES)(
    '$name: without an access token, or with an API key, is AUTH_011',
    async (route) => {
      caller.playAll();
      const expired = await accessToken('owner', {}, -60);
      for (const key of [null, 'nonsense', PRODUCTION_KEY, expired]) {
        expect(await caller.askRoute(route, { key })).toMatchObject({
          status: 401,
          code: 'AUTH_011',
        });
      }
      expect(caller.asked()).toEqual([]);
    },
  );

  it.each(ROUTES)(
    '$name: is for owner, admin and developer; billing is AUTH_013; read-only reads',
    async (route) => {
      caller.playAll();
      for (const role of ['owner', 'admin', 'developer'] as const) {
        expect((await caller.askRoute(route, { role })).status).toBeLessThan(300);
      }
      expect(await caller.askRoute(route, { role: 'billing' })).toMatchObject({
        status: 403,
        code: 'AUTH_013',
      });
      const looking = await caller.askRoute(route, { role: 'read-only' });
      expect(looking.status).toBe(route.method === 'GET' ? 200 : 403);
      if (route.method !== 'GET') expect(looking.code).toBe('AUTH_013');
    },
  );

  it.each(ROUTES)(
    '$name: without an organization is empty to read, else AUTH_014',
    async (route) => {
      caller.playAll();
      const answer = await caller.askRoute(route, { role: null });
      if (route.method === 'GET') {
        expect(answer.status).toBe(200);
        expect(dataOf(answer)).toEqual(route.name === 'deliveries' ? [] : null);
      } else expect(answer).toMatchObject({ status: 403, code: 'AUTH_014' });
      expect(caller.asked()).toEqual([]);
    },
  );

  it.each(ROUTES)("$name: another tenant's is 404, as what is not there", async (route) => {
    for (const command of route.asks) {
      caller.edge.stages.on('webhooks', command, () => {
        throw new AppError('GW_404');
      });
    }
    const foreign = await caller.askRoute(route);
    expect(foreign).toMatchObject({ status: 404, code: 'GW_404', params: {} });
    const malformed = await call(caller.edge, '/api/v1/applications/no%20handle/webhook', {
      key: await accessToken('owner'),
    });
    expect(malformed.text).toBe(foreign.text);
  });

  it('with the service down is GW_008 within 2 s', async () => {
    const startedMs = performance.now();
    await Promise.all(
      ROUTES.map(async (route) => {
        const answer = await caller.askRoute(route);
        expect([route.name, answer.status, answer.code]).toEqual([route.name, 503, 'GW_008']);
        expect(answer.headers.get('retry-after')).toBe('1');
      }),
    );
    // 1.8 s, and what a busy machine adds.
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    expect(caller.asked()).toHaveLength(ROUTES.length);
  });

  it.each(ROUTES.filter(({ path }) => path.includes(ID)))(
    '$name: an id that is none is 404, and nobody is asked',
    async (route) => {
      for (const id of ['1', 'x'.repeat(36), `${ID}0`, '%00', '..%2f']) {
        const { method, path } = route;
        expect(await caller.ask(path.replace(ID, id), { method })).toMatchObject({
          status: 404,
          code: 'GW_404',
        });
      }
      expect(caller.asked()).toEqual([]);
    },
  );
});
