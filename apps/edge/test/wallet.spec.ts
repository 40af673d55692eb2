import { ACCESS_TOKEN, type AccessTokenClaims, type Role } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { ed25519PrivateKey } from '@gateway/platform';
import { SignJWT } from 'jose';
import { randomUUID } from 'node:crypto';
import { ORG_ID, SIGNING_SEED, call, startEdge, type Answer, type Edge } from './edge-fixture';

const USER_ID = randomUUID();
const ENTRY = {
  id: randomUUID(),
  kind: 'credit' as const,
  amountMicroUsd: '25000000',
  reason: 'top-up',
  createdAt: '2026-11-28T10:00:00.000Z',
};

let edge: Edge;
const tokens = new Map<string, string>();

beforeAll(async () => {
  edge = await startEdge();
  edge.stages.on('auth', 'session.check', () => ({ isInForce: true }));
  for (const role of ['owner', 'billing', 'developer', 'read-only'] as const) {
    tokens.set(role, await tokenOf(role));
  }
  tokens.set('nobody', await tokenOf(null));
});

afterAll(() => edge.close());

async function tokenOf(role: Role | null): Promise<string> {
  const { keyId, key } = ed25519PrivateKey(SIGNING_SEED);
  const claims: AccessTokenClaims = {
    sub: USER_ID,
    sid: randomUUID(),
    ver: 1,
    org: role && ORG_ID,
    role,
  };
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: ACCESS_TOKEN.algorithm, typ: ACCESS_TOKEN.type, kid: keyId })
    .setIssuer(ACCESS_TOKEN.issuer)
    .setAudience(ACCESS_TOKEN.audience)
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(key);
}

const ask = (path: string, role = 'billing', options: object = {}): Promise<Answer> =>
  call(edge, `/api/v1${path}`, { key: tokens.get(role) ?? null, ...options });

const topUp = (body: object, headers: Record<string, string> = {}, role = 'billing') =>
  ask('/wallet/top-up', role, { method: 'POST', body, headers });

const dataOf = ({ text }: Answer): unknown => (JSON.parse(text) as { data: unknown }).data;

describe('GET /api/v1/wallet/balance', () => {
  it.each([
    ['12339000', '12.339'],
    ['10000000', '10.00'],
    ['-1', '-0.000001'],
    ['0', '0.00'],
  ])('of %s micro-dollars is %s', async (balanceMicroUsd, balance) => {
    edge.stages.on('billing', 'wallet.get', ({ orgId }) => ({
      orgId,
      balanceMicroUsd,
      heldMicroUsd: '0',
    }));
    expect(dataOf(await ask('/wallet/balance'))).toEqual({ balance, currency: 'USD' });
  });

  it('is null without a wallet, and before there is an organization', async () => {
    edge.stages.on('billing', 'wallet.get', () => null);
    expect(dataOf(await ask('/wallet/balance'))).toBeNull();
    expect(dataOf(await ask('/wallet/balance', 'nobody'))).toBeNull();
  });
});

describe('GET /api/v1/wallet/entries', () => {
  it('is a page of the own organization', async () => {
    edge.stages.on('billing', 'wallet.entries', () => ({ entries: [ENTRY], totalCount: 21 }));
    const answer = await ask('/wallet/entries?pageNumber=2&pageSize=20&kind=credit');
    expect(JSON.parse(answer.text)).toEqual({
      isSuccess: true,
      data: [
        {
          id: ENTRY.id,
          kind: 'credit',
          amountUsd: '25.00',
          reason: 'top-up',
          createdAt: ENTRY.createdAt,
        },
      ],
      pagingMetadata: {
        currentPage: 2,
        pageSize: 20,
        totalCount: 21,
        totalPages: 2,
        hasNext: false,
      },
    });
    expect(edge.stages.commands.at(-1)?.request).toMatchObject({ orgId: ORG_ID, kind: 'credit' });
  });

  it.each(['pageSize=101', 'kind=x', 'from=soon'])('refuses %s', async (query) => {
    expect(await ask(`/wallet/entries?${query}`)).toMatchObject({ status: 400, code: 'GW_003' });
  });
});

describe('POST /api/v1/wallet/top-up', () => {
  it('hands the exact amount and the key on', async () => {
    edge.stages.on('billing', 'wallet.top-up', () => ENTRY);
    const answer = await topUp({ amountUsd: 25.07 }, { 'idempotency-key': 'k-1' });
    expect(answer.status).toBe(201);
    expect(edge.stages.commands.at(-1)?.request).toEqual({
      orgId: ORG_ID,
      userId: USER_ID,
      amountMicroUsd: '25070000',
      idempotencyKey: 'k-1',
    });
  });

  it.each([
    [{}],
    [{ amountUsd: 0 }],
    [{ amountUsd: -1 }],
    [{ amountUsd: 1.001 }],
    [{ amountUsd: '25' }],
    [{ amountUsd: 1e9 }],
    [{ amountUsd: 5, orgId: 'x' }],
    [{ amountUsd: 5, couponCode: 'FREE' }],
  ])('refuses %j', async (body) => {
    expect(await topUp(body)).toMatchObject({ status: 400, code: 'GW_003' });
  });

  it('says that no provider is there, and that a key had another amount', async () => {
    for (const [code, status] of [
      ['GW_008', 503],
      ['GW_007', 422],
    ] as const) {
      edge.stages.on('billing', 'wallet.top-up', () => {
        throw new AppError(code);
      });
      expect(await topUp({ amountUsd: 5 })).toMatchObject({ status, code });
    }
  });
});

describe('the billing account', () => {
  const account = {
    legalAddress: 'Street 1',
    taxNumber: '1',
    taxOffice: 'Office',
    companyName: 'Company',
    companyLegalTitle: 'Ltd.',
    vatNumber: 'VAT',
  };
  const put = (body: object) => ask('/billing/account', 'owner', { method: 'PUT', body });

  it('is stored with null for what was left out', async () => {
    edge.stages.on('billing', 'account.put', ({ account: stored }) => stored);
    expect(dataOf(await put(account))).toEqual({
      ...account,
      additionalNote: null,
      city: null,
      country: null,
    });
  });

  it.each([
    [{ ...account, vatNumber: undefined }],
    [{ ...account, city: 'x'.repeat(501) }],
    [{ ...account, unknown: 1 }],
  ])('refuses %j', async (body) => {
    expect(await put(body)).toMatchObject({ code: 'GW_003' });
  });
});

describe('every route of money', () => {
  const ROUTES = [
    ['GET', '/wallet/balance'],
    ['GET', '/wallet/entries'],
    ['GET', '/wallet/coupon/validate?amountUsd=5&couponCode=X'],
    ['POST', '/wallet/top-up'],
    ['GET', '/billing/account'],
    ['PUT', '/billing/account'],
    ['GET', '/billing/payment-method'],
    ['GET', '/billing/invoices'],
  ] as const;

  it.each(ROUTES)('%s %s wants a token and the right', async (method, path) => {
    const body = method === 'GET' ? {} : { body: {} };
    expect(await ask(path, 'stranger', { method, ...body })).toMatchObject({ code: 'AUTH_011' });
    expect(await ask(path, 'developer', { method, ...body })).toMatchObject({ code: 'AUTH_013' });
    if (method !== 'GET') {
      expect(await ask(path, 'read-only', { method, ...body })).toMatchObject({ code: 'AUTH_013' });
      expect(await ask(path, 'nobody', { method, ...body })).toMatchObject({ code: 'AUTH_014' });
    }
  });

  it('shows no card and no invoice, and no coupon is known', async () => {
    expect(dataOf(await ask('/billing/payment-method'))).toBeNull();
    expect(dataOf(await ask('/billing/invoices'))).toEqual([]);
    const coupon = await ask('/wallet/coupon/validate?amountUsd=5.5&couponCode=X');
    expect(coupon).toMatchObject({ code: 'GW_003' });
  });
});
