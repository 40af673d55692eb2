import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CommandReply, CommandRequest } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import type { AuthConfig } from '../src/auth.config';
import type { TestDatabase } from '@gateway/testing';
import { authDatabase, configOf, sendTwice, startAuth, type RunningAuth } from './auth-fixture';

const TOKEN = 'EAAtoken-of-the-number';
const CODE = 'AQcode-of-the-signup';

/** Each test connects another, for a number that is connected stays so. */
let serial = 10_000;
let number = { phoneNumberId: '', wabaId: '' };
const TIMEOUT_MS = 10_000;
const APP = { id: '236484624622562', secret: 'secret-of-the-app' };

/** As much of Meta as a number's connection asks: one number, its token, and one code that is good once. */
class FakeMeta {
  readonly asked: string[] = [];
  isCodeUsed = false;

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      const { pathname } = new URL(request.url ?? '', 'http://meta');
      this.asked.push(`${request.method ?? ''} ${pathname.replace(/^\/v[\d.]+/, '')}`);
      const [status, body] = this.answer(request);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  }

  static async start(): Promise<FakeMeta> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FakeMeta(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private answer({ url = '', headers }: IncomingMessage): [number, object] {
    const { pathname, searchParams } = new URL(url, 'http://meta');
    if (pathname.endsWith('/oauth/access_token')) return this.exchange(searchParams);
    if (headers.authorization !== `Bearer ${TOKEN}`) {
      return [401, { error: { code: 190, message: `Malformed access token ${TOKEN}` } }];
    }
    const [, , id, edge] = pathname.split('/');
    if (id === number.phoneNumberId) {
      return [200, { id, display_phone_number: '+90 532 000 00 00', verified_name: 'Acme' }];
    }
    if (id !== number.wabaId) return [400, { error: { code: 100, error_subcode: 33 } }];
    return edge === 'subscribed_apps'
      ? [200, { success: true }]
      : [200, { data: [{ id: number.phoneNumberId }] }];
  }

  private exchange(query: URLSearchParams): [number, object] {
    const isOurs = query.get('client_id') === APP.id && query.get('client_secret') === APP.secret;
    if (!isOurs || query.get('code') !== CODE || this.isCodeUsed) {
      return [400, { error: { code: 100, message: `no good: ${query.get('code') ?? ''}` } }];
    }
    this.isCodeUsed = true;
    return [200, { access_token: TOKEN, token_type: 'bearer' }];
  }
}

interface SeededMember {
  readonly member: { readonly userId: string; readonly orgId: string };
  /** Handle of an application without a channel. */
  readonly appId: string;
}

async function seedOrganization({ caller }: RunningAuth, label: string): Promise<SeededMember> {
  const name = `${label}-${serial}`;
  const { tokens } = await registered(caller, name);
  const { sub: userId, sid: sessionId } = claimsOf(tokens.accessToken);
  const { accessToken } = await caller.commands.call(
    'auth',
    'organization.create',
    {
      userId,
      sessionId,
      organizationName: name,
      organizationWebsite: null,
      businessRole: 'developer',
      accountType: 'business',
    },
    { timeoutMs: TIMEOUT_MS },
  );
  const member = { userId, orgId: claimsOf(accessToken).org ?? '' };
  const request = { ...member, applicationName: name };
  const options = { timeoutMs: TIMEOUT_MS };
  const { appId } = await caller.commands.call('auth', 'application.create', request, options);
  return { member, appId };
}

async function registered(caller: RunningAuth['caller'], name: string) {
  const client = { address: `203.0.113.${serial % 250}`, kind: 'native' } as const;
  const person = { firstName: 'Ada', lastName: name, email: `${name}@example.com` };
  const tokens = await caller.commands.call(
    'auth',
    'user.register',
    { ...person, password: 'correct horse battery', client },
    { timeoutMs: TIMEOUT_MS },
  );
  return { tokens };
}

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
    sub: string;
    sid: string;
    org: string | null;
  };

let database: TestDatabase;
let meta: FakeMeta;
let auth: RunningAuth;
let config: AuthConfig;
beforeAll(async () => {
  database = await authDatabase();
  meta = await FakeMeta.start();
  config = configOf(database.url, environment());
  auth = await startAuth(config);
});
afterAll(async () => {
  await auth.close();
  await meta.close();
  await database.close();
});
beforeEach(() => {
  serial += 1;
  number = { phoneNumberId: `77${serial}01`, wabaId: `77${serial}02` };
  meta.asked.length = 0;
  meta.isCodeUsed = false;
});

const environment = (): Record<string, string> => ({
  META_BASE_URL: meta.url,
  META_APP_ID: APP.id,
  META_APP_SECRET: APP.secret,
});

type Connect = CommandRequest<'auth', 'channel.connect'>;

const connect = (
  { member, appId }: SeededMember,
  channel: Pick<Connect, 'accessToken' | 'code'> & Partial<Connect>,
  by = auth,
): Promise<CommandReply<'auth', 'channel.connect'>> =>
  by.caller.commands.call(
    'auth',
    'channel.connect',
    { ...member, appId, ...number, ...channel },
    { timeoutMs: TIMEOUT_MS },
  );

const refusal = async (work: Promise<unknown>): Promise<unknown> => {
  const error: unknown = await work.then(
    () => 'connected',
    (reason: unknown) => reason,
  );
  if (!(error instanceof AppError)) return error;
  const { fields } = error.params as { fields?: { path: string; reason: string }[] };
  return [error.code, ...(fields ?? []).map(({ path, reason }) => `${path} ${reason}`)];
};

const stateOf = async ({ member, appId }: SeededMember): Promise<string> =>
  (
    await auth.caller.commands.call(
      'auth',
      'application.get',
      { ...member, appId },
      { timeoutMs: TIMEOUT_MS },
    )
  ).status;

describe('a WhatsApp number', () => {
  it.each([
    ['its access token', { accessToken: TOKEN }],
    ['the code of an Embedded Signup', { code: CODE }],
  ])('is connected by %s, once Meta has confirmed what is its', async (_by, key) => {
    const customer = await seedOrganization(auth, 'one');
    expect(await connect(customer, key)).toMatchObject({
      ...number,
      phoneNumber: '+90 532 000 00 00',
      verifiedName: 'Acme',
    });
    expect(await stateOf(customer)).toBe('ACTIVATED');
    expect(meta.asked.slice(-3)).toEqual([
      `GET /${number.phoneNumberId}`,
      `GET /${number.wabaId}/phone_numbers`,
      `POST /${number.wabaId}/subscribed_apps`,
    ]);
    const dump = await database.dataSource.query<{ text: string }[]>(
      'select c::text as text from channels c union all select a::text from audit_entries a',
    );
    expect(dump.map(({ text }) => text).join('\n')).not.toMatch(new RegExp(`${TOKEN}|${CODE}`));
  });

  it.each([
    [
      'a token that Meta refuses',
      { accessToken: 'EAAx' },
      ['accessToken is refused by Meta with code 190'],
    ],
    ['a code that Meta refuses', { code: 'AQx' }, ['code is refused by Meta with code 100']],
    [
      'neither token nor code',
      {},
      ['accessToken must be an access token of Meta, unless there is a code'],
    ],
    [
      'both of them',
      { accessToken: TOKEN, code: CODE },
      ['code stands in the place of an accessToken'],
    ],
    [
      'a number that is not the token’s',
      { accessToken: TOKEN, phoneNumberId: '770000000000' },
      ['phoneNumberId is not one that this access token may use'],
    ],
    [
      'an account that is not the token’s',
      { accessToken: TOKEN, wabaId: '770000000000' },
      ['wabaId is not one that this access token may use'],
    ],
  ])('is not connected with %s', async (_what, channel, fields) => {
    const customer = await seedOrganization(auth, 'one');
    expect(await refusal(connect(customer, channel))).toEqual(['GW_003', ...fields]);
    expect(await stateOf(customer)).toBe('DRAFT');
  });

  it('is not connected for somebody else’s application, and Meta is not asked', async () => {
    const [one, other] = [await seedOrganization(auth, 'one'), await seedOrganization(auth, 'two')];
    const mixed = { ...one, appId: other.appId };
    expect(await refusal(connect(mixed, { code: CODE }))).toEqual(['GW_404']);
    expect(meta.asked).toEqual([]);
  });

  it('belongs to one application of the whole installation', async () => {
    const [one, other] = [await seedOrganization(auth, 'one'), await seedOrganization(auth, 'two')];
    await connect(one, { accessToken: TOKEN });
    expect(await refusal(connect(other, { accessToken: TOKEN }))).toEqual(['GW_011']);
    expect(await stateOf(other)).toBe('DRAFT');
  });

  it('is connected once by a command that arrives twice, though its code is good once', async () => {
    const { member, appId } = await seedOrganization(auth, 'one');
    const request = { ...member, appId, ...number, code: CODE };
    const replies = await sendTwice(auth, config, request, 'channel.connect');
    expect(replies[1]).toBe(replies[0]);
    expect(meta.asked.filter((path) => path === 'GET /oauth/access_token')).toHaveLength(1);
    expect(await stateOf({ member, appId })).toBe('ACTIVATED');
  });

  it('is not connected by a code that was used already', async () => {
    const customer = await seedOrganization(auth, 'one');
    meta.isCodeUsed = true;
    expect(await refusal(connect(customer, { code: CODE }))).toEqual([
      'GW_003',
      'code is refused by Meta with code 100',
    ]);
  });

  it('is not connected while Meta cannot be reached', async () => {
    const customer = await seedOrganization(auth, 'one');
    const elsewhere = { ...environment(), META_BASE_URL: 'http://127.0.0.1:1' };
    const other = await startAuth(configOf(database.url, elsewhere));
    expect(await refusal(connect(customer, { code: CODE }, other))).toEqual(['META_001']);
    await other.close();
  });

  it('is not connected by a code where the installation has no Meta app', async () => {
    const customer = await seedOrganization(auth, 'one');
    const other = await startAuth(configOf(database.url, { META_BASE_URL: meta.url }));
    expect(await refusal(connect(customer, { code: CODE }, other))).toEqual([
      'GW_003',
      'code cannot be used: this installation has no Meta app',
    ]);
    expect(meta.asked).toEqual([]);
    await other.close();
  });
});
