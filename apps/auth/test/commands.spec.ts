import { randomBytes } from 'node:crypto';
import {
  type TopicName,
  isApiKey,
  type CommandReply,
  type CommandRequest,
  type KeyContext,
} from '@gateway/contracts';
import { Sealer, hmacSha256Hex } from '@gateway/platform';
import type { TestDatabase } from '@gateway/testing';
import { until } from '@gateway/testing';
import { AuthSeedService } from '../src/auth-seed.service';
import type { AuthConfig } from '../src/auth.config';
import type { SeededTenant } from '../src/demo-identity';
import {
  TopicReader,
  authDatabase,
  configOf,
  sendTwice,
  startAuth,
  type RunningAuth,
} from './auth-fixture';

const ACCESS_TOKEN = 'EAAG-canary-access-token';
const TEST_NUMBER = '+905321234567';
const TIMEOUT_MS = 5_000;

let database: TestDatabase;
let config: AuthConfig;
let auth: RunningAuth;
let reader: TopicReader;
let mine: SeededTenant;
let theirs: SeededTenant;

beforeAll(async () => {
  database = await authDatabase();
  config = configOf(database.url);
  auth = await startAuth(config);
  reader = await TopicReader.open(auth.transport);
  await overhear('auth.commands.v1', auth.transport.pathPartitions);
  await overhear('replies.v1', 32);
  const tenants = await auth.app.get(AuthSeedService).seedTenants({
    installationKey: randomBytes(32),
    count: 2,
    accessToken: ACCESS_TOKEN,
    testNumber: TEST_NUMBER,
    firstPhoneNumberId: 100_001,
    wabaId: '200001',
  });
  [mine, theirs] = tenants as [SeededTenant, SeededTenant];
});

afterAll(async () => {
  await auth.close();
  await database.close();
});

/** Values of the topics that keep nothing. */
const overheard: string[] = [];

async function overhear(topic: TopicName, partitions: number): Promise<void> {
  for (let partition = 0; partition < partitions; partition += 1) {
    await auth.transport.readPartition(topic, partition, (records) => {
      overheard.push(...records.map(({ value }) => value?.toString('latin1') ?? ''));
    });
  }
}

const create = (
  more: Partial<CommandRequest<'auth', 'keys.create'>> = {},
): Promise<CommandReply<'auth', 'keys.create'>> =>
  auth.caller.commands.call(
    'auth',
    'keys.create',
    {
      orgId: mine.organizationId,
      appId: mine.handle,
      name: 'Shop',
      environment: 'production',
      ...more,
    },
    { timeoutMs: TIMEOUT_MS },
  );

const list = (tenant: SeededTenant, pageNumber = 1, pageSize = 100) =>
  auth.caller.commands.call(
    'auth',
    'keys.list',
    { orgId: tenant.organizationId, appId: tenant.handle, pageNumber, pageSize },
    { timeoutMs: TIMEOUT_MS },
  );

const revoke = (tenant: SeededTenant, keyId: string) =>
  auth.caller.commands.call(
    'auth',
    'keys.revoke',
    { orgId: tenant.organizationId, appId: tenant.handle, keyId },
    { timeoutMs: TIMEOUT_MS },
  );

const lookUp = (key: string) =>
  auth.caller.commands.call(
    'auth',
    'key.lookup',
    { keyHash: hashOf(key) },
    { timeoutMs: TIMEOUT_MS },
  );

const hashOf = (key: string): string => hmacSha256Hex(config.keyHashSecret, key);

const count = async (table: string): Promise<number> => {
  const [row] = await database.dataSource.query<{ count: number }[]>(
    `select count(*)::integer as count from ${table}`,
  );
  return row?.count ?? -1;
};

const revokeHash = (keyHash: string) =>
  reader.changes.find((record) => record.id === keyHash && record.data === null);

describe('keys.create', () => {
  it('answers the key in full once, with the default limits', async () => {
    const made = await create();
    expect(isApiKey(made.key)).toBe(true);
    expect(made).toMatchObject({
      appId: mine.handle,
      name: 'Shop',
      prefix: 'pk_',
      last4: made.key.slice(-4),
      environment: 'production',
      isActive: true,
      limitPerSecond: 80,
      limitPerMinute: 4_800,
      expiresAt: null,
    });
    const listed = (await list(mine)).keys.find(({ id }) => id === made.id);
    expect({ ...listed, key: made.key }).toEqual(made);
  });

  it('publishes the key under its hash with its own limits and expiry', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const made = await create({
      environment: 'staging',
      limitPerSecond: 5,
      limitPerMinute: 9,
      expiresAt,
    });
    expect(made.prefix).toBe('sk_');
    const record = await until(() => reader.changes.find(({ id }) => id === hashOf(made.key)));
    expect(record.data).toEqual({
      keyId: made.id,
      orgId: mine.organizationId,
      appId: mine.appId,
      environment: 'staging',
      isActive: true,
      expiresAtMs: Date.parse(expiresAt),
      limitPerSecond: 5,
      limitPerMinute: 9,
      dailyLimit: null,
      concurrencyLimit: null,
    } satisfies KeyContext);
  });

  it('names every wrong field and makes no key', async () => {
    const before = await count('api_keys');
    await expect(
      create({
        name: 'a\u0000b',
        limitPerSecond: 0,
        limitPerMinute: 1.5,
        expiresAt: '2020-01-01T00:00:00Z',
      }),
    ).rejects.toMatchObject({
      code: 'GW_003',
      params: {
        fields: [
          { path: 'name' },
          { path: 'limitPerSecond' },
          { path: 'limitPerMinute' },
          { path: 'expiresAt', reason: 'must be in the future' },
        ],
      },
    });
    expect(await count('api_keys')).toBe(before);
  });

  it.each([
    ['of another tenant', () => theirs.handle],
    ['that does not exist', () => 'app_none'],
    ['that has not the form of one', () => "x' or true --"],
  ])('answers GW_404 for an app %s', async (_case, handle) => {
    const before = await count('api_keys');
    await expect(create({ appId: handle() })).rejects.toMatchObject({ code: 'GW_404' });
    expect(await count('api_keys')).toBe(before);
  });

  it('makes one key of a command that comes twice, and answers the same bytes', async () => {
    const before = await count('api_keys');
    const request = {
      orgId: mine.organizationId,
      appId: mine.handle,
      name: 'Once',
      environment: 'production',
    };
    const [first, second] = await sendTwice(auth, config, request, 'keys.create');
    expect(second).toBe(first);
    expect(await count('api_keys')).toBe(before + 1);
  });

  it('writes one audit entry that names neither key nor hash', async () => {
    const made = await create({ name: 'Audited' });
    const entries = await database.dataSource.query<
      { action: string; details: object; actor_id: string }[]
    >('select action, details, actor_id from audit_entries where entity_id = $1', [made.id]);
    expect(entries).toEqual([
      {
        action: 'api_key.created',
        actor_id: 'edge',
        details: {
          applicationId: mine.appId,
          name: 'Audited',
          environment: 'production',
          expiresAt: null,
        },
      },
    ]);
  });
});

describe('a change that fails half-way', () => {
  afterEach(async () => {
    await asOwner('drop trigger if exists refuse on auth.tenancy_outbox');
  });

  const asOwner = async (statement: string): Promise<void> => {
    const { Client } = await import('pg');
    const client = new Client({ connectionString: database.ownerUrl });
    await client.connect();
    await client.query(statement);
    await client.end();
  };

  it('leaves neither key nor audit entry nor reply, and succeeds when it is repeated', async () => {
    await asOwner(`
      create or replace function auth.refuse() returns trigger language plpgsql as
        $$ begin raise exception 'no' using errcode = 'P0001'; end $$;
      create trigger refuse before insert on auth.tenancy_outbox
        for each statement execute function auth.refuse()`);
    const tables = ['api_keys', 'audit_entries', 'completed_commands'];
    const before = await Promise.all(tables.map(count));
    await expect(create({ name: 'Half' })).rejects.toMatchObject({ code: 'GW_500' });
    expect(await Promise.all(tables.map(count))).toEqual(before);
    await asOwner('drop trigger refuse on auth.tenancy_outbox');
    expect(await create({ name: 'Half' })).toMatchObject({ name: 'Half' });
  });
});

describe('keys.list', () => {
  it('lists the keys of the one app, newest first, page by page', async () => {
    const all = await list(theirs);
    expect(all.totalCount).toBe(2);
    const pages = await Promise.all([list(theirs, 1, 1), list(theirs, 2, 1), list(theirs, 3, 1)]);
    expect(pages.flatMap(({ keys }) => keys)).toEqual(all.keys);
    expect(pages.map(({ totalCount }) => totalCount)).toEqual([2, 2, 2]);
  });

  it('answers GW_404 for an app of another tenant, GW_003 for a page that cannot be', async () => {
    const strange = { ...theirs, organizationId: mine.organizationId };
    await expect(list(strange)).rejects.toMatchObject({ code: 'GW_404' });
    await expect(list(mine, 0, 101)).rejects.toMatchObject({
      code: 'GW_003',
      params: { fields: [{ path: 'pageNumber' }, { path: 'pageSize' }] },
    });
  });

  it('shows an expired key as inactive', async () => {
    const made = await create({
      name: 'Old',
      expiresAt: new Date(Date.now() + 60_000).toISOString(),
    });
    await database.dataSource.query(
      "update api_keys set expires_at = now() - interval '1 second' where id = $1",
      [made.id],
    );
    const listed = (await list(mine)).keys.find(({ id }) => id === made.id);
    expect(listed?.isActive).toBe(false);
  });
});

describe('keys.revoke', () => {
  it('publishes that the key is gone, takes it off the list, and answers GW_404 the second time', async () => {
    const made = await create({ name: 'Leaked' });
    await expect(revoke(mine, made.id)).resolves.toBeNull();
    await until(() => revokeHash(hashOf(made.key)));
    expect((await list(mine)).keys.map(({ id }) => id)).not.toContain(made.id);
    expect(await lookUp(made.key)).toMatchObject({ key: null, application: null });
    await expect(revoke(mine, made.id)).rejects.toMatchObject({ code: 'GW_404' });
  });

  it("answers GW_404 for another tenant's key, which goes on working", async () => {
    const made = await create({ name: 'Mine' });
    await expect(revoke(theirs, made.id)).rejects.toMatchObject({ code: 'GW_404' });
    await expect(revoke(mine, 'no-uuid')).rejects.toMatchObject({ code: 'GW_404' });
    expect((await lookUp(made.key)).key?.keyId).toBe(made.id);
  });

  it('answers a repeated command as the first time', async () => {
    const made = await create({ name: 'Twice' });
    const request = { orgId: mine.organizationId, appId: mine.handle, keyId: made.id };
    const [first, second] = await sendTwice(auth, config, request, 'keys.revoke');
    expect(second).toBe(first);
    const entries = await database.dataSource.query<object[]>(
      "select from audit_entries where entity_id = $1 and action = 'api_key.revoked'",
      [made.id],
    );
    expect(entries).toHaveLength(1);
  });
});

describe('key.lookup', () => {
  it('answers key and application by hash, the token sealed for the dispatcher', async () => {
    const { key, application } = await lookUp(mine.keys.production);
    expect(key).toMatchObject({ appId: mine.appId, orgId: mine.organizationId, isActive: true });
    expect(application).toMatchObject({
      appId: mine.appId,
      handle: mine.handle,
      orgId: mine.organizationId,
      status: 'ACTIVATED',
      channel: { phoneNumberId: '100001', wabaId: '200001' },
      testNumberHashes: [hmacSha256Hex(config.keyHashSecret, 'number:905321234567')],
    });
    const sealed = Buffer.from(application?.channel?.sealedAccessToken ?? '', 'base64');
    const opened = new Sealer({ current: config.tenancySealingKey }).open(
      sealed,
      `tenancy.changed.v1|${mine.appId}`,
    );
    expect(opened.toString()).toBe(ACCESS_TOKEN);
  });

  it('answers null for a hash of no key, and refuses what is no hash', async () => {
    expect(await lookUp('pk_unknown')).toMatchObject({ key: null, application: null });
    await expect(
      auth.caller.commands.call('auth', 'key.lookup', { keyHash: 'x' }, { timeoutMs: TIMEOUT_MS }),
    ).rejects.toMatchObject({ code: 'GW_003' });
  });

  it('answers each of many at once with its own', async () => {
    const keys = [mine.keys.production, mine.keys.staging, theirs.keys.production, 'pk_none'];
    const asked = Array.from({ length: 200 }, (_, index) => keys[index % keys.length] ?? '');
    const answers = await Promise.all(asked.map(lookUp));
    const expected: (string | undefined)[] = [mine.appId, mine.appId, theirs.appId, undefined];
    answers.forEach(({ key, application }, index) => {
      expect(key?.appId).toBe(expected[index % keys.length]);
      expect(application?.appId).toBe(expected[index % keys.length]);
    });
  });

  it('names a version that every record of the answered state has reached', async () => {
    const made = await create({ name: 'Versioned' });
    const record = await until(() => reader.changes.find(({ id }) => id === hashOf(made.key)));
    const { version } = await lookUp(made.key);
    expect(version).toBeGreaterThanOrEqual(record.version);
    const last = reader.changes.at(-1);
    expect(version).toBeLessThanOrEqual(last?.version ?? 0);
  });
});

describe('secrets', () => {
  it('stand in no table and no topic: keys, access tokens, phone numbers', async () => {
    const made = await create({ name: 'Canary' });
    await until(() => reader.changes.some(({ id }) => id === hashOf(made.key)));
    const secrets = [
      made.key,
      mine.keys.production,
      mine.keys.staging,
      ACCESS_TOKEN,
      '905321234567',
    ];
    const stored = [...(await everyRow()), ...reader.raw, ...overheard];
    expect(stored.length).toBeGreaterThan(20);
    for (const secret of secrets) {
      const encoded = [
        secret,
        Buffer.from(secret).toString('hex'),
        Buffer.from(secret).toString('base64'),
      ];
      expect(stored.filter((text) => encoded.some((form) => text.includes(form)))).toEqual([]);
    }
  });

  async function everyRow(): Promise<string[]> {
    const tables = await database.dataSource.query<{ name: string }[]>(
      "select table_name as name from information_schema.tables where table_schema = 'auth'",
    );
    const rows = await Promise.all(
      tables.map(({ name }) =>
        database.dataSource.query<{ text: string }[]>(`select t::text as text from "${name}" t`),
      ),
    );
    return rows.flat().map(({ text }) => text);
  }
});

describe('the audit log', () => {
  it('can neither be changed nor emptied by the service', async () => {
    const { dataSource } = database;
    await expect(dataSource.query("update audit_entries set action = 'a.b'")).rejects.toThrow();
    await expect(dataSource.query('delete from audit_entries')).rejects.toThrow();
  });
});

describe('readiness', () => {
  it('is well while database and broker are there', () => {
    expect(auth.health.problems()).toEqual([]);
  });
});
