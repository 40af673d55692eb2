import type { CommandName, CommandReply, CommandRequest } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import type { TestDatabase } from '@gateway/testing';
import { until } from '@gateway/testing';
import { NoticesService } from '../src/notices.service';
import { NoticesStore } from '../src/notices.store';
import { TopicReader, authDatabase, configOf, startAuth, type RunningAuth } from './auth-fixture';

const CLIENT = { address: '203.0.113.7', kind: 'native' } as const;
const PASSWORD = 'correct horse battery';
const TIMEOUT_MS = 10_000;

let database: TestDatabase;
let auth: RunningAuth;
let reader: TopicReader;
beforeAll(async () => {
  database = await authDatabase();
  auth = await startAuth(configOf(database.url));
  reader = await TopicReader.open(auth.transport);
});
afterAll(async () => {
  await auth.close();
  await database.close();
});

const ask = <C extends CommandName<'auth'>>(
  command: C,
  request: CommandRequest<'auth', C>,
): Promise<CommandReply<'auth', C>> =>
  auth.caller.commands.call('auth', command, request, { timeoutMs: TIMEOUT_MS });

interface Claims {
  readonly sub: string;
  readonly sid: string;
  readonly ver: number;
  readonly org: string | null;
  readonly role: string | null;
}
const claimsOf = (token: string): Claims =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Claims;

let serial = 0;
/** Each from an address of his own, so that no limit of another test is his. */
async function register(): Promise<{
  email: string;
  session: { userId: string; sessionId: string };
  refreshToken: string;
}> {
  serial += 1;
  const email = `user-${serial}@example.com`;
  const person = { firstName: 'Ada', lastName: 'Lovelace', email, password: PASSWORD };
  const client = { ...CLIENT, address: `203.0.113.${serial}` };
  const tokens = await ask('user.register', { ...person, client });
  const { sub: userId, sid: sessionId } = claimsOf(tokens.accessToken);
  return { email, session: { userId, sessionId }, refreshToken: tokens.refreshToken };
}

async function withOrganization() {
  const user = await register();
  const tokens = await ask('organization.create', {
    ...user.session,
    organizationName: 'Acme',
    organizationWebsite: null,
    businessRole: 'developer',
    accountType: 'business',
  });
  const orgId = claimsOf(tokens.accessToken).org ?? '';
  return { ...user, orgId, member: { userId: user.session.userId, orgId }, tokens };
}

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof AppError ? error.code : error),
  );

const audited = async (entityId: string): Promise<string[]> => {
  const rows = await database.dataSource.query<{ action: string }[]>(
    'select action from audit_entries where entity_id = $1 order by created_at, id',
    [entityId],
  );
  return rows.map(({ action }) => action);
};

describe('registering', () => {
  it('signs in, stores no password in clear and writes down what was done', async () => {
    const { email, session } = await register();
    const [stored] = await database.dataSource.query<{ text: string; hash: string }[]>(
      'select users::text as text, password_hash as hash from users where email = $1',
      [email],
    );
    expect(stored?.text).not.toContain(PASSWORD);
    expect(stored?.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await audited(session.userId)).toEqual(['user.created']);
    expect(await audited(session.sessionId)).toEqual(['session.opened']);
    expect(await ask('user.get', { userId: session.userId })).toMatchObject({ email });
  });

  it('of an address that has an account is a conflict, however it is written', async () => {
    const { email } = await register();
    const person = { firstName: 'A', lastName: 'B', password: PASSWORD, client: CLIENT };
    expect(await codeOf(ask('user.register', { ...person, email: email.toUpperCase() }))).toBe(
      'GW_011',
    );
  });

  it('names every wrong field', async () => {
    const request = {
      firstName: '',
      lastName: 'x',
      email: 'no',
      password: 'short',
      client: CLIENT,
    };
    await expect(ask('user.register', request)).rejects.toMatchObject({
      code: 'GW_003',
      params: {
        fields: [
          expect.objectContaining({ path: 'firstName' }),
          expect.objectContaining({ path: 'email' }),
          expect.objectContaining({ path: 'password' }),
        ],
      },
    });
  });
});

describe('signing in', () => {
  it('answers a wrong password and an unknown address the same', async () => {
    const { email } = await register();
    const client = { ...CLIENT, address: '198.51.100.1' };
    expect(await codeOf(ask('session.open', { email, password: 'wrong', client }))).toBe(
      'AUTH_010',
    );
    const unknown = { email: 'nobody@example.com', password: PASSWORD, client };
    expect(await codeOf(ask('session.open', unknown))).toBe('AUTH_010');
    const tokens = await ask('session.open', { email, password: PASSWORD, client });
    expect(claimsOf(tokens.accessToken)).toMatchObject({ ver: 1, org: null, role: null });
  });

  it('is slowed down by account, before anything is computed', async () => {
    const { email } = await register();
    const attempt = (index: number) =>
      codeOf(
        ask('session.open', {
          email,
          password: 'wrong',
          client: { ...CLIENT, address: `192.0.2.${index}` },
        }),
      );
    for (let index = 1; index <= 10; index++) expect(await attempt(index)).toBe('AUTH_010');
    expect(await attempt(11)).toBe('RATE_003');
    const client = { ...CLIENT, address: '192.0.2.200' };
    await expect(ask('session.open', { email, password: PASSWORD, client })).rejects.toMatchObject({
      code: 'RATE_003',
      params: { retry_after: expect.stringMatching(/^\d+s$/) as string },
    });
  });
});

describe('a refresh token', () => {
  it('leads to the next, and once more to the same while the answer may have been lost', async () => {
    const { refreshToken } = await register();
    const first = await ask('session.refresh', { refreshToken });
    const again = await ask('session.refresh', { refreshToken });
    expect(first?.refreshToken).not.toBe(refreshToken);
    expect(again?.refreshToken).toBe(first?.refreshToken);
  });

  it('that was used up ends the session for everybody, the newest token too', async () => {
    const { refreshToken, session } = await register();
    const second = await ask('session.refresh', { refreshToken });
    const third = await ask('session.refresh', { refreshToken: second?.refreshToken ?? '' });
    expect(await ask('session.refresh', { refreshToken })).toBeNull();
    expect(await ask('session.refresh', { refreshToken: third?.refreshToken ?? '' })).toBeNull();
    expect(await audited(session.sessionId)).toContain('session.token_reused');
    await until(() =>
      reader.changes.some(
        ({ kind, id, data }) =>
          kind === 'session' && id === session.sessionId && data?.isEnded === true,
      ),
    );
  });

  it('used twenty times at once leaves one good successor', async () => {
    const { refreshToken } = await register();
    const all = await Promise.all(
      Array.from({ length: 20 }, () => ask('session.refresh', { refreshToken })),
    );
    const successors = new Set(all.map((tokens) => tokens?.refreshToken));
    expect(successors.size).toBe(1);
    expect(successors.has(undefined)).toBe(false);
  });

  it.each([
    ['invented', (token: string) => token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))],
    ['of another form', () => 'x'],
    ['of the future', (token: string) => token.replace('.1.', '.2.')],
  ])('that is %s is not good, and ends nothing', async (_name, spoil) => {
    const { refreshToken } = await register();
    expect(await ask('session.refresh', { refreshToken: spoil(refreshToken) })).toBeNull();
    expect(await ask('session.refresh', { refreshToken })).not.toBeNull();
  });
});

describe('a session', () => {
  it('that is signed out is published as ended and answers no longer', async () => {
    const { session, refreshToken } = await register();
    const { sessionId } = session;
    expect(await ask('session.check', { sessionId, tokenVersion: 1 })).toEqual({ isInForce: true });
    await ask('session.end', session);
    expect(await ask('session.check', { sessionId, tokenVersion: 1 })).toEqual({
      isInForce: false,
    });
    expect(await ask('session.refresh', { refreshToken })).toBeNull();
    await until(() =>
      reader.changes.some(({ id, kind }) => kind === 'session' && id === sessionId),
    );
  });

  it('is removed from the topic when no token of it can be in force', async () => {
    const { session } = await register();
    await ask('session.end', session);
    await until(() => reader.changes.some(({ id }) => id === session.sessionId));
    await database.dataSource.query(
      `update sessions set published_until = now() - interval '1 second' where id = $1`,
      [session.sessionId],
    );
    await until(() => reader.raw.includes(`session:${session.sessionId} `));
    await until(async () => {
      const rows = await database.dataSource.query<unknown[]>(
        'select id from sessions where id = $1 and published_until is null',
        [session.sessionId],
      );
      return rows.length === 1;
    });
  });

  it('of another place ends when the password is changed, and the old password with it', async () => {
    const { email, session, refreshToken } = await register();
    const wanted = {
      ...session,
      currentPassword: PASSWORD,
      newPassword: 'another one',
      client: CLIENT,
    };
    await expect(
      ask('password.change', { ...wanted, currentPassword: 'wrong' }),
    ).rejects.toMatchObject({ code: 'GW_003' });
    expect((await ask('password.change', wanted)).accessToken).toBeDefined();
    expect(await ask('session.refresh', { refreshToken })).toBeNull();
    const client = { ...CLIENT, address: '198.51.100.9' };
    expect(await codeOf(ask('session.open', { email, password: PASSWORD, client }))).toBe(
      'AUTH_010',
    );
  });
});

describe('an organization', () => {
  it('is its maker’s, who gets a token for it; a second one is a conflict', async () => {
    const { session, orgId, tokens } = await withOrganization();
    expect(claimsOf(tokens.accessToken)).toMatchObject({ role: 'owner', ver: 2 });
    expect(await ask('user.organizations', { userId: session.userId })).toMatchObject([
      { id: orgId, name: 'Acme', role: 'owner' },
    ]);
    const again = {
      organizationName: 'B',
      organizationWebsite: null,
      businessRole: 'x',
      accountType: 'y',
    };
    expect(await codeOf(ask('organization.create', { ...session, ...again }))).toBe('GW_011');
    expect(await audited(orgId)).toEqual(['organization.created']);
  });

  it('publishes its origins, each once', async () => {
    const { member, orgId } = await withOrganization();
    const origin = 'https://shop.example.com';
    await ask('origin.add', { ...member, origin: `${origin}/` });
    await ask('origin.add', { ...member, origin });
    expect(await ask('origins.list', member)).toEqual({ origins: [origin] });
    await until(() =>
      reader.changes.some(
        ({ kind, id, data }) =>
          kind === 'organization' && id === orgId && data?.origins.includes(origin) === true,
      ),
    );
    await ask('origin.remove', { ...member, origin });
    expect(await codeOf(ask('origin.remove', { ...member, origin }))).toBe('GW_404');
  });
});

/** What stands in the notices that are not sent: nothing is configured that sends them. */
async function noticeTo(to: string): Promise<string> {
  const notices = auth.app.get(NoticesService, { strict: false });
  const store = auth.app.get(NoticesStore, { strict: false });
  return until(async () => {
    const rows = await store.claim(100, new Date(Date.now() + 100_000), 1);
    return rows.map((row) => notices.open(row)).find((notice) => notice.to === to)?.text;
  });
}

describe('members', () => {
  it('join by an invite that is good once, and lose their rights at once when removed', async () => {
    const { member, orgId } = await withOrganization();
    const guest = await register();
    await ask('member.invite', { ...member, email: guest.email, role: 'developer' });
    const inviteToken = (await noticeTo(guest.email)).trim().split('\n').at(-1) ?? '';
    const stranger = await register();
    expect(await codeOf(ask('member.accept', { ...stranger.session, inviteToken }))).toBe('GW_003');
    const tokens = await ask('member.accept', { ...guest.session, inviteToken });
    expect(claimsOf(tokens.accessToken)).toMatchObject({ org: orgId, role: 'developer' });
    expect(await codeOf(ask('member.accept', { ...guest.session, inviteToken }))).toBe('GW_011');
    const joined = (await ask('members.list', member)).find(({ email }) => email === guest.email);
    await ask('member.remove', { ...member, memberId: joined?.id ?? '' });
    const { sid: sessionId, ver: tokenVersion } = claimsOf(tokens.accessToken);
    expect(await ask('session.check', { sessionId, tokenVersion })).toEqual({ isInForce: false });
  });

  it('keep their last owner', async () => {
    const { member } = await withOrganization();
    const [owner] = await ask('members.list', member);
    const memberId = owner?.id ?? '';
    expect(await codeOf(ask('member.remove', { ...member, memberId }))).toBe('GW_011');
    expect(await codeOf(ask('member.change', { ...member, memberId, role: 'admin' }))).toBe(
      'GW_011',
    );
  });

  it('of another organization do not exist', async () => {
    const [mine, theirs] = [await withOrganization(), await withOrganization()];
    const [owner] = await ask('members.list', theirs.member);
    const request = { ...mine.member, memberId: owner?.id ?? '' };
    expect(await codeOf(ask('member.remove', request))).toBe('GW_404');
    // Who says that he asks for another organization has no right there.
    const forged = { userId: mine.member.userId, orgId: theirs.orgId };
    const invite = { ...forged, email: 'x@example.com', role: 'owner' } as const;
    expect(await codeOf(ask('member.invite', invite))).toBe('AUTH_013');
  });
});

describe('a code', () => {
  it('shows that a phone is the user’s, then resets his password and ends his sessions', async () => {
    const { session, refreshToken, email } = await register();
    const target = '+905550000001';
    const client = { ...CLIENT, address: '198.51.100.30' };
    await ask('code.send-for-phone', { ...session, target, client });
    const code = await noticeTo(target);
    const wrong = code === '000000' ? '000001' : '000000';
    expect(await ask('code.verify-for-phone', { ...session, code: wrong, client })).toBeNull();
    expect(await ask('code.verify-for-phone', { ...session, code, client })).toEqual({
      phoneNumber: target,
    });
    expect(await ask('code.verify-for-phone', { ...session, code, client })).toBeNull();
    await database.dataSource.query('delete from notices');
    await ask('code.send-for-reset', { target, client });
    const resetCode = await noticeTo(target);
    const proof = await ask('code.verify-for-reset', { target, code: resetCode, client });
    const reset = {
      passwordResetToken: proof?.passwordResetToken ?? '',
      newPassword: 'a new one!',
      client,
    };
    await ask('password.reset', reset);
    expect(await codeOf(ask('password.reset', reset))).toBe('GW_003');
    expect(await ask('session.refresh', { refreshToken })).toBeNull();
    expect((await ask('session.open', { email, password: 'a new one!', client })).expiresIn).toBe(
      900,
    );
  });

  it('is guessed five times at most, also at once', async () => {
    const { session } = await register();
    const target = '+905550000002';
    const client = { ...CLIENT, address: '198.51.100.31' };
    await ask('code.send-for-phone', { ...session, target, client });
    const code = await noticeTo(target);
    const wrong = code === '000000' ? '000001' : '000000';
    const guesses = Array.from({ length: 5 }, () =>
      ask('code.verify-for-phone', { ...session, code: wrong, client }),
    );
    expect(await Promise.all(guesses)).toEqual([null, null, null, null, null]);
    expect(await ask('code.verify-for-phone', { ...session, code, client })).toBeNull();
  });

  it('for a number that nobody has is answered like any other', async () => {
    const client = { ...CLIENT, address: '198.51.100.32' };
    const target = '+905559999999';
    expect(await ask('code.send-for-reset', { target, client })).toBeNull();
    expect(await ask('code.verify-for-reset', { target, code: '123456', client })).toBeNull();
  });
});

describe('applications', () => {
  it('are made, listed, changed and shown to their organization alone', async () => {
    const [mine, theirs] = [await withOrganization(), await withOrganization()];
    const { appId, status } = await ask('application.create', {
      ...mine.member,
      applicationName: 'Lädchen',
    });
    expect(status).toBe('DRAFT');
    expect(await ask('applications.list', mine.member)).toHaveLength(1);
    const changed = await ask('application.change', {
      ...mine.member,
      appId,
      contact: { name: 'Ada', phoneNumber: '+905321234567' },
    });
    expect(changed).toMatchObject({
      displayName: 'Lädchen',
      contact: { name: 'Ada', email: null },
    });
    expect(await ask('application.get', { ...mine.member, appId })).toEqual(changed);
    expect(await ask('applications.list', theirs.member)).toEqual([]);
    const strange = { ...theirs.member, appId };
    const number = { ...strange, phoneNumber: '+905321234567', title: null };
    const attempts = [
      ask('application.get', strange),
      ask('application.change', { ...strange, applicationName: 'x' }),
      ask('test-numbers.list', strange),
      ask('test-number.add', number),
      ask('keys.create', { ...strange, name: 'x', environment: 'production' }),
    ];
    expect(await Promise.all(attempts.map(codeOf))).toEqual(attempts.map(() => 'GW_404'));
  });
});
