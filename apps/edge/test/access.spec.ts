import { ROLES, type Role } from '@gateway/contracts';
import { AppError, CATALOGUE } from '@gateway/errors';
import { mayAccess, type RouteAccess } from '../src/domain/access';
import { RouteTable, type Route } from '../src/route-table';
import { SESSION_ID, USER_ID, accessToken, unsignedToken } from './access-token';
import {
  APP_ID,
  ORG_ID,
  PRODUCTION_KEY,
  call,
  startEdge,
  type Answer,
  type Edge,
} from './edge-fixture';

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge.close());
afterEach(() => {
  edge.stages.reset();
});

const me = (key: string | null, path = '/api/v1/users/me'): Promise<Answer> =>
  call(edge, path, { key });
const USER = {
  id: USER_ID,
  email: 'ada@example.com',
  state: 'ACTIVE' as const,
  firstName: 'Ada',
  lastName: 'Lovelace',
  phoneNumber: null,
};

describe('an access token', () => {
  it('lets its user in, and hands the owner of the data who he is', async () => {
    edge.stages.on('auth', 'user.get', ({ userId }) => ({ ...USER, id: userId }));
    const answer = await me(await accessToken());
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toEqual({
      isSuccess: true,
      data: {
        id: USER_ID,
        email: USER.email,
        state: 'ACTIVE',
        firstName: 'Ada',
        lastName: 'Lovelace',
      },
    });
  });

  it.each<[string, () => Promise<string> | string | null]>([
    ['missing', () => null],
    ['an API key', () => PRODUCTION_KEY],
    ['not a token', () => 'x.y.z'],
    ['not signed', () => unsignedToken()],
    ['signed by another key', () => accessToken({ seed: Buffer.alloc(32, 6) })],
    ['of an unknown kid', () => accessToken({ header: { kid: 'other' } })],
    ['of another type', () => accessToken({ header: { typ: 'JWT' } })],
    ['from another issuer', () => accessToken({ claims: { iss: 'somebody' } })],
    ['for another audience', () => accessToken({ claims: { aud: 'something' } })],
    ['expired', () => accessToken({ expiresInSeconds: -60 })],
    ['without a session', () => accessToken({ claims: { sid: 'none' } })],
    ['of an unknown role', () => accessToken({ claims: { role: 'god' as Role } })],
    ['of a role without an organization', () => accessToken({ claims: { org: null } })],
  ])('that is %s is AUTH_011, and nobody is asked', async (_name, token) => {
    const answer = await me(await token());
    expect([answer.status, answer.code]).toEqual([401, 'AUTH_011']);
    expect(edge.stages.commands).toEqual([]);
  });

  it('opens no door of the API keys', async () => {
    const answer = await call(edge, '/v1/wa/messages/wamid.X', { key: await accessToken() });
    expect([answer.status, answer.code]).toEqual([401, 'AUTH_001']);
  });

  it('is no longer good when its session has ended or changed, and newer ones are', async () => {
    edge.stages.on('auth', 'user.get', () => USER);
    const forgetAtMs = Date.now() + 900_000;
    const write = (data: object): Promise<void> =>
      edge.tenancy.write({ kind: 'session', id: SESSION_ID, data });
    await write({ isEnded: false, tokenVersion: 2, forgetAtMs });
    expect((await me(await accessToken())).code).toBe('AUTH_011');
    expect((await me(await accessToken({ claims: { ver: 2 } }))).status).toBe(200);
    await write({ isEnded: true, tokenVersion: 2, forgetAtMs });
    expect((await me(await accessToken({ claims: { ver: 2 } }))).code).toBe('AUTH_011');
    await edge.transport.producer.send({
      topic: 'tenancy.changed.v1',
      key: `session:${SESSION_ID}`,
      value: null,
    });
    expect((await me(await accessToken())).status).toBe(200);
  });
});

/** Every route of the management API for every role: made from what the routes declare. */
const routes = (): readonly (Route & { access: RouteAccess })[] =>
  edge.service.app
    .get(RouteTable, { strict: false })
    .routes.filter(
      (route): route is Route & { access: RouteAccess } => typeof route.access === 'object',
    );
/** Nobody is asked: there are no coupons, no stored means of payment, no invoices of a prepaid wallet. */
const ANSWERED_BY_THE_EDGE = [
  '/api/v1/wallet/coupon/validate',
  '/api/v1/billing/payment-method',
  '/api/v1/billing/invoices',
  '/api/v1/simulator',
];

const filled = (path: string): string =>
  path.replaceAll(':appId', 'demo').replaceAll(/:[A-Za-z]+/g, APP_ID) +
  // The one query without which a route asks nobody.
  (path.endsWith('/insights/export') ? '?startDate=2026-11-01&endDate=2026-11-30' : '');

describe('the matrix of routes and roles', () => {
  beforeEach(() => {
    edge.stages.otherwise = () => Promise.reject(new AppError('GW_404'));
  });

  it('has every route of the API description under /api/v1', async () => {
    const document = JSON.parse((await call(edge, '/docs-json', { key: null })).text) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const described = Object.entries(document.paths)
      .filter(([path]) => path.startsWith('/api/v1'))
      .flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
      );
    const known = edge.service.app
      .get(RouteTable, { strict: false })
      .routes.filter(({ path }) => path.startsWith('/api/v1'))
      .map(({ method, path }) => `${method} ${path.replaceAll(/:([A-Za-z]+)/g, '{$1}')}`);
    expect(described.sort()).toEqual(known.sort());
    expect(known.length).toBeGreaterThan(30);
  });

  it.each(ROLES)(
    'refuses a %s with AUTH_013 exactly where he has no right',
    async (role) => {
      const token = await accessToken({ role });
      for (const { method, path, access } of routes()) {
        const body = method === 'GET' ? undefined : { unknownField: 1 };
        const answer = await call(edge, filled(path), { method, key: token, body });
        const mayCall = access.area === 'account' || mayAccess(role, access.area, method);
        expect([method, path, answer.code === 'AUTH_013']).toEqual([method, path, !mayCall]);
      }
    },
    120_000,
  );

  it('refuses everybody who is not signed in', async () => {
    for (const { method, path } of routes()) {
      const answer = await call(edge, filled(path), { method, key: null });
      expect([method, path, answer.status, answer.code]).toEqual([method, path, 401, 'AUTH_011']);
    }
  });

  it('gives somebody without an organization nothing: empty answers, or AUTH_014', async () => {
    const token = await accessToken({ role: null });
    for (const { method, path, access } of routes()) {
      if (access.area === 'account') continue;
      const answer = await call(edge, filled(path), { method, key: token });
      const isEmpty = access.beforeOrganization !== undefined;
      expect([method, path, answer.status]).toEqual([method, path, isEmpty ? 200 : 403]);
      if (isEmpty) expect(answer.text).toMatch(/"data":(\[\]|null)/);
      else expect(answer.code).toBe('AUTH_014');
    }
    expect(edge.stages.commands).toEqual([]);
  });

  it('asks about the organization of the token alone, whatever the path says', async () => {
    const token = await accessToken();
    for (const { method, path, access } of routes()) {
      if (method !== 'GET' || access.area === 'account') continue;
      if (ANSWERED_BY_THE_EDGE.includes(path)) continue;
      expect((await call(edge, filled(path), { key: token })).code).toBe('GW_404');
      const [command] = edge.stages.commands;
      expect([path, (command?.request as { orgId: string }).orgId]).toEqual([path, ORG_ID]);
      edge.stages.commands.length = 0;
    }
  });

  it.each(['x%20y', 'a'.repeat(101)])('knows no application %s', async (handle) => {
    const answer = await call(edge, `/api/v1/applications/${handle}`, { key: await accessToken() });
    expect([answer.status, answer.code]).toEqual([404, 'GW_404']);
  });
});

describe('an owner', () => {
  it('that does not answer is GW_008 with Retry-After within 2 s', async () => {
    const startedAtMs = Date.now();
    const answer = await call(edge, '/api/v1/applications', { key: await accessToken() });
    expect([answer.status, answer.code]).toEqual([503, 'GW_008']);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(Date.now() - startedAtMs).toBeLessThan(2_500);
  });

  it.each(['GW_404', 'GW_011', 'AUTH_013'] as const)('that answers %s is heard', async (code) => {
    edge.stages.on('auth', 'applications.list', () => {
      throw new AppError(code);
    });
    const answer = await call(edge, '/api/v1/applications', { key: await accessToken() });
    expect([answer.status, answer.code]).toEqual([CATALOGUE[code].status, code]);
  });

  it('that says how long to wait becomes Retry-After', async () => {
    edge.stages.on('auth', 'session.open', () => {
      throw new AppError('RATE_003', { params: { retry_after: '17s' } });
    });
    const body = { email: 'ada@example.com', password: 'x' };
    const answer = await call(edge, '/api/v1/auth/token', { method: 'POST', key: null, body });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '17']);
  });

  it('that hashes passwords is asked three at once; who comes meanwhile is told to wait, and nobody is asked', async () => {
    const waiting: (() => void)[] = [];
    edge.stages.on('auth', 'session.open', async () => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      throw new AppError('AUTH_010');
    });
    const body = { email: 'ada@example.com', password: 'x' };
    const signIn = () => call(edge, '/api/v1/auth/token', { method: 'POST', key: null, body });
    const first: ReturnType<typeof signIn>[] = [];
    // Whom auth refused in a test before keeps his place for a moment.
    while (waiting.length < 3) {
      first.push(signIn());
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    for (const answer of await Promise.all(Array.from({ length: 20 }, signIn))) {
      expect([answer.status, answer.code]).toEqual([429, 'RATE_003']);
      expect(answer.headers.get('retry-after')).toBe('1');
    }
    for (const answerNow of waiting) answerNow();
    const codes = (await Promise.all(first)).map(({ code }) => code);
    expect(codes.filter((code) => code === 'AUTH_010')).toHaveLength(3);
    expect(waiting).toHaveLength(3);
    edge.stages.on('auth', 'session.open', () => {
      throw new AppError('AUTH_010');
    });
    expect((await signIn()).code).toBe('AUTH_010');
  });
});
