import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TestDatabase } from '@gateway/testing';
import { until } from '@gateway/testing';
import { SMTPServer } from 'smtp-server';
import { authDatabase, configOf, startAuth, type RunningAuth } from './auth-fixture';

const LOGIN = { user: 'gateway', password: 'p@ss/word' };
const TIMEOUT_MS = 10_000;

interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  /** As it came: headers and body. */
  readonly text: string;
}

/** A mail server that asks for a login, and takes mails once it is told to. */
class MailServer {
  readonly mails: Mail[] = [];
  refused = 0;
  isTaking = true;
  private readonly server = new SMTPServer({
    authOptional: false,
    // A connection that its client has not closed yet is none to wait for.
    closeTimeout: 100,
    // What is tested is the gateway, not its server's certificate.
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, done) => {
      const isRight = username === LOGIN.user && password === LOGIN.password;
      done(isRight ? null : new Error('wrong login'), { user: username });
    },
    onData: (stream, { envelope }, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (!this.isTaking) {
          this.refused += 1;
          done(Object.assign(new Error('come again'), { responseCode: 451 }));
          return;
        }
        this.mails.push({
          from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
          to: envelope.rcptTo.map(({ address }) => address),
          text: Buffer.concat(chunks).toString('utf8'),
        });
        done();
      });
    },
  });

  static async start(): Promise<MailServer> {
    const mail = new MailServer();
    const listening = mail.server.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    return mail;
  }

  get url(): string {
    const { port } = this.server.server.address() as AddressInfo;
    return `smtp://${LOGIN.user}:${encodeURIComponent(LOGIN.password)}@127.0.0.1:${port}`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => {
        resolve();
      });
    });
  }
}

describe('a mail to somebody who is invited', () => {
  let database: TestDatabase;
  let mail: MailServer;
  let auth: RunningAuth;
  let member: { userId: string; orgId: string };

  beforeAll(async () => {
    database = await authDatabase();
    mail = await MailServer.start();
    const mailFrom = 'Gateway <no-reply@gateway.example>';
    auth = await startAuth(configOf(database.url, { SMTP_URL: mail.url, MAIL_FROM: mailFrom }));
    member = await newMember();
  });
  afterAll(async () => {
    await auth.close();
    await mail.close();
    await database.close();
  });

  const options = { timeoutMs: TIMEOUT_MS };

  async function newMember(): Promise<{ userId: string; orgId: string }> {
    const client = { address: '203.0.113.7', kind: 'native' } as const;
    const name = { firstName: 'Ada', lastName: 'Lovelace', email: 'ada@example.com' };
    const person = { ...name, password: 'correct horse battery', client };
    const first = await auth.caller.commands.call('auth', 'user.register', person, options);
    const { sub: userId, sid: sessionId } = claimsOf(first.accessToken);
    const organization = {
      userId,
      sessionId,
      organizationName: 'Acme',
      organizationWebsite: null,
      businessRole: 'developer',
      accountType: 'business',
    };
    const next = await auth.caller.commands.call(
      'auth',
      'organization.create',
      organization,
      options,
    );
    return { userId, orgId: claimsOf(next.accessToken).org ?? '' };
  }

  const invite = (email: string): Promise<unknown> =>
    auth.caller.commands.call(
      'auth',
      'member.invite',
      { ...member, email, role: 'developer' },
      options,
    );

  const waiting = async (): Promise<number> => {
    const [row] = await database.dataSource.query<{ count: number }[]>(
      'select count(*)::integer as count from notices',
    );
    return row?.count ?? -1;
  };

  it('goes to the SMTP server with login and sender as configured, and is kept no longer', async () => {
    await invite('grace@example.com');
    const sent = await until(() => mail.mails.find(({ to }) => to.includes('grace@example.com')));
    expect(sent.from).toBe('no-reply@gateway.example');
    expect(sent.text).toContain('From: Gateway <no-reply@gateway.example>');
    expect(sent.text).toMatch(/^Subject: You are invited/m);
    expect(sent.text).toMatch(/^[A-Za-z0-9_-]{43}\r?$/m);
    await until(async () => (await waiting()) === 0);
  });

  it('is sent again for as long as the server refuses it, and once it is taken', async () => {
    mail.isTaking = false;
    await invite('alan@example.com');
    await until(() => mail.refused > 0);
    expect(await waiting()).toBe(1);
    mail.isTaking = true;
    await until(async () => (await waiting()) === 0);
    expect(mail.mails.filter(({ to }) => to.includes('alan@example.com'))).toHaveLength(1);
  }, 60_000);

  it('cannot be made two mails by what stands in an address', async () => {
    const before = mail.mails.length;
    const hostile = 'x@example.com\r\nBcc: all@example.com';
    await expect(invite(hostile)).rejects.toMatchObject({ code: 'GW_003' });
    expect([await waiting(), mail.mails.length]).toEqual([0, before]);
  });
});

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
    sub: string;
    sid: string;
    org: string | null;
  };
