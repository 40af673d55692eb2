import { ORG_ID, call, startEdge, type Answer, type Edge } from './edge-fixture';
import { accessToken } from './access-token';

const MINE = 'https://shop.example.com';
const THEIRS = 'https://other.example.com';
const OTHER_ORG = '0193a8c0-0000-7000-8000-0000000000ff';
const ALLOWED = 'access-control-allow-origin';

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
  await edge.tenancy.write(
    { kind: 'organization', id: ORG_ID, data: { origins: [MINE] } },
    { kind: 'organization', id: OTHER_ORG, data: { origins: [THEIRS] } },
  );
  edge.stages.on('auth', 'applications.list', () => []);
});
afterAll(() => edge.close());

const preflight = (path: string, origin: string): Promise<Answer> =>
  call(edge, path, {
    method: 'OPTIONS',
    key: null,
    headers: { origin, 'access-control-request-method': 'POST' },
  });
const list = async (origin: string, key: string | null): Promise<Answer> =>
  call(edge, '/api/v1/applications', { key, headers: { origin } });

it.each([MINE, THEIRS])('grants a preflight to %s, which an organization lists', async (origin) => {
  const { status, headers } = await preflight('/api/v1/applications', origin);
  expect([status, headers.get(ALLOWED)]).toEqual([204, origin]);
  expect(headers.get('access-control-allow-credentials')).toBeNull();
});

it('grants none to an origin that nobody lists', async () => {
  const { headers } = await preflight('/api/v1/applications', 'https://evil.example.com');
  expect(headers.get(ALLOWED)).toBeNull();
});

it.each(['/v1/wa/message', '/api/v1/auth/token'])('grants none for %s', async (path) => {
  expect((await preflight(path, MINE)).headers.get(ALLOWED)).toBeNull();
});

it('lets a page read the answer only when the organization of the token lists its origin', async () => {
  const token = await accessToken();
  expect((await list(MINE, token)).headers.get(ALLOWED)).toBe(MINE);
  expect((await list(THEIRS, token)).headers.get(ALLOWED)).toBeNull();
  expect((await list(MINE, null)).headers.get(ALLOWED)).toBeNull();
  const refused = await list(MINE, await accessToken({ role: 'billing' }));
  expect([refused.status, refused.headers.get(ALLOWED)]).toEqual([403, MINE]);
});

it('takes an origin back within the freshness of the topic', async () => {
  await edge.tenancy.write({ kind: 'organization', id: OTHER_ORG, data: { origins: [] } });
  expect((await preflight('/api/v1/applications', THEIRS)).headers.get(ALLOWED)).toBeNull();
});
