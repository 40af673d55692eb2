import { randomUUID } from 'node:crypto';
import { createMemoryTransport, type MemoryTransport, type Messaging } from '@gateway/messaging';
import { createLogger, systemClock } from '@gateway/platform';
import type { TestDatabase } from '@gateway/testing';
import { until } from '@gateway/testing';
import { Client } from 'pg';
import { Credentials } from '../src/credentials';
import { OutboxRelayService } from '../src/outbox-relay.service';
import { OutboxSession } from '../src/outbox-session.store';
import { TenancyRecords } from '../src/tenancy-records.service';
import { TenancyStateStore } from '../src/tenancy-state.store';
import { TopicReader, authDatabase } from './auth-fixture';

const silent = createLogger({ service: 'test', level: 'silent' });
const QUICK = {
  retryPauseMs: 20,
  standbyIntervalMs: 20,
  watermarkIntervalMs: 20,
  echoDelayMs: 100,
  batchMax: 7,
};

let database: TestDatabase;
let transport: MemoryTransport;
let reader: TopicReader;
const relays: OutboxRelayService[] = [];

beforeEach(async () => {
  database = await authDatabase();
  transport = createMemoryTransport({ pathPartitions: 1, logger: silent });
  await transport.connect();
  reader = await TopicReader.open(transport);
});

afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.beforeApplicationShutdown()));
  await database.close();
});

type Producer = Pick<Messaging['producer'], 'sendAll'>;

const openSession = (idleTimeoutMs = 5_000): Promise<OutboxSession> =>
  OutboxSession.open({ url: database.url, schema: 'auth', idleTimeoutMs });

function startRelay(
  more: { producer?: Producer; republish?: boolean; limits?: object } = {},
): OutboxRelayService {
  const credentials = new Credentials({
    atRest: { current: Buffer.alloc(32, 1) },
    published: Buffer.alloc(32, 2),
  });
  const state = new TenancyStateStore(database.dataSource);
  const relay = new OutboxRelayService({
    records: new TenancyRecords(state, credentials, silent),
    messaging: {
      producer: (more.producer ?? transport.producer) as Messaging['producer'],
      brokerClock: transport.brokerClock,
    },
    clock: systemClock,
    logger: silent,
    openSession,
    republish: more.republish ?? false,
    limits: { ...QUICK, ...more.limits },
  });
  relay.onApplicationBootstrap();
  relays.push(relay);
  return relay;
}

/** A change as the services commit it: the state and the outbox row in one transaction. */
async function addApplication(status = 'DRAFT'): Promise<string> {
  const id = randomUUID();
  await database.dataSource.transaction(async (manager) => {
    await manager.query(
      `with organization as (
         insert into organizations (id, name, created_at) values ($1, 'x', now()) returning id
       )
       insert into applications
         (id, organization_id, handle, display_name, status, created_at, updated_at)
       select $1, $1, $2, 'x', $3, now(), now()`,
      [id, `app_${id}`, status],
    );
    await announce(manager, id);
  });
  return id;
}

async function changeStatus(id: string, status: string): Promise<void> {
  await database.dataSource.transaction(async (manager) => {
    await manager.query('update applications set status = $2 where id = $1', [id, status]);
    await announce(manager, id);
  });
}

const announce = (
  manager: { query(text: string, values: unknown[]): Promise<unknown> },
  id: string,
) =>
  manager.query(
    `with appended as (insert into tenancy_outbox (kind, entity_id) values ('application', $1))
     select pg_notify('tenancy_outbox', '')`,
    [id],
  );

/** What a crash of the leader looks like to PostgreSQL. */
async function killLeader(): Promise<void> {
  const client = new Client({ connectionString: database.ownerUrl });
  await client.connect();
  const { rowCount } = await client.query(
    `select pg_terminate_backend(pid) from pg_locks
     where locktype = 'advisory' and granted
       and database = (select oid from pg_database where datname = current_database())`,
  );
  await client.end();
  expect(rowCount).toBe(1);
}

const versions = () => reader.changes.map(({ version }) => version);
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);
const newest = (id: string) => reader.changes.filter((record) => record.id === id).at(-1);
const isIdle = async () => {
  const [row] = await database.dataSource.query<{ count: number }[]>(
    'select count(*)::integer as count from tenancy_outbox',
  );
  return row?.count === 0;
};

/** Sends, and then never says so: the process dies between the acknowledgement and its note of it. */
const sendsAndDies = (): Producer & { hasSent: boolean } => {
  const producer = {
    hasSent: false,
    sendAll: async (...args: Parameters<Producer['sendAll']>): Promise<void> => {
      await transport.producer.sendAll(...args);
      producer.hasSent = true;
      await new Promise(() => undefined);
    },
  };
  return producer;
};

describe('numbering', () => {
  it('gives versions from 1 without a gap, in the order in which changes were made', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 20; index += 1) ids.push(await addApplication());
    startRelay();
    await until(() => reader.changes.length === 20);
    expect(versions()).toEqual(upTo(20));
    expect(reader.changes.map(({ id }) => id)).toEqual(ids);
  });

  it('goes on where it was after a restart', async () => {
    await addApplication();
    const first = startRelay();
    await until(isIdle);
    await first.beforeApplicationShutdown();
    await addApplication();
    startRelay();
    await until(() => reader.changes.length === 2);
    expect(versions()).toEqual([1, 2]);
  });

  it('publishes a committed change at once, without waiting for the next watermark', async () => {
    startRelay({ limits: { watermarkIntervalMs: 600_000 } });
    await until(() => reader.watermarks.length > 0);
    const id = await addApplication();
    await until(() => newest(id));
  });

  it('publishes nothing of a transaction that rolled back', async () => {
    startRelay();
    await expect(
      database.dataSource.transaction(async (manager) => {
        await announce(manager, randomUUID());
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    const id = await addApplication();
    await until(() => newest(id));
    expect(reader.changes.map((record) => record.id)).toEqual([id]);
    expect(versions()).toEqual([1]);
  });
});

describe('a crash between produce and its note', () => {
  it('sends the records again under the same versions, and once more later under new ones', async () => {
    const ids = [await addApplication(), await addApplication(), await addApplication()];
    const producer = sendsAndDies();
    startRelay({ producer });
    await until(() => producer.hasSent);
    expect(versions()).toEqual([1, 2, 3]);
    relays.splice(0);
    await killLeader();
    startRelay();
    await until(() => reader.changes.length >= 9);
    expect(versions()).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6]);
    expect(reader.changes.slice(3, 6).map(({ id }) => id)).toEqual(ids);
    expect(
      reader.changes
        .slice(6)
        .map(({ id }) => id)
        .sort(),
    ).toEqual([...ids].sort());
    await until(isIdle);
  });

  it('never lets a version carry an older state than a lower one', async () => {
    const id = await addApplication('DRAFT');
    const producer = sendsAndDies();
    startRelay({ producer });
    await until(() => producer.hasSent);
    relays.splice(0);
    await changeStatus(id, 'RESTRICTED');
    await killLeader();
    startRelay();
    await until(() => reader.changes.length >= 3);
    const seen = reader.changes.map(({ version, data }) => [
      version,
      data && 'status' in data && data.status,
    ]);
    expect(seen.slice(0, 3)).toEqual([
      [1, 'DRAFT'],
      [1, 'RESTRICTED'],
      [2, 'RESTRICTED'],
    ]);
  });
});

describe('a broker that does not acknowledge', () => {
  it('gets the same versions until it does, in order, and no watermark in between', async () => {
    let failuresLeft = 3;
    const attempts: string[][] = [];
    const producer: Producer = {
      sendAll: async (records, options) => {
        attempts.push(records.map(({ value }) => String(value)));
        if (failuresLeft-- > 0) throw new Error('broker gone');
        await transport.producer.sendAll(records, options);
      },
    };
    const ids = [await addApplication(), await addApplication()];
    startRelay({ producer });
    await until(() => reader.watermarks.length > 0);
    expect(reader.changes.slice(0, 2).map(({ id, version }) => [id, version])).toEqual([
      [ids[0], 1],
      [ids[1], 2],
    ]);
    expect(attempts.slice(1, 4)).toEqual([attempts[0], attempts[0], attempts[0]]);
    expect(reader.records[0]?.kind).toBe('application');
    // The failed requests may still arrive: their entities come once more, however often it failed.
    await until(() => reader.changes.length === 4);
    await until(isIdle);
    expect(versions()).toEqual([1, 2, 3, 4]);
  });
});

describe('two relays', () => {
  it('one sends; when it is killed the other goes on; no version is missing and none overtakes', async () => {
    const ended: Promise<unknown>[] = [];
    startRelay();
    startRelay();
    for (let round = 0; round < 4; round += 1) {
      ended.push(...Array.from({ length: 25 }, () => addApplication()));
      await until(() => reader.changes.length >= round * 25 + 5);
      if (round === 1) await killLeader();
    }
    const ids = (await Promise.all(ended)) as string[];
    await until(isIdle);
    expect(ids.filter((id) => !newest(id))).toEqual([]);
    const seen = versions();
    expect([...new Set(seen)]).toEqual(upTo(Math.max(...seen)));
  });

  it('only one at a time leads', async () => {
    const [one, two] = [await openSession(), await openSession()];
    expect([await one.tryLead(), await two.tryLead()]).toEqual([true, false]);
    one.close();
    await until(() => two.tryLead());
    two.close();
  });

  it('a leader that has fallen silent loses the lock and can give no more versions', async () => {
    const frozen = await openSession(150);
    const other = await openSession();
    expect(await frozen.tryLead()).toBe(true);
    await until(() => other.tryLead());
    await expect(frozen.giveVersions(1)).rejects.toThrow();
    frozen.close();
    other.close();
  });
});

describe('the watermark', () => {
  it('names the highest version and a time before which nothing is missing', async () => {
    startRelay();
    const id = await addApplication();
    const record = await until(() => newest(id));
    const watermark = await until(() => reader.watermarks.find(({ version }) => version === 1));
    expect(watermark).toEqual({
      kind: 'watermark',
      version: 1,
      atMs: expect.any(Number) as number,
    });
    expect(reader.records.indexOf(watermark)).toBeGreaterThan(reader.records.indexOf(record));
    expect(Math.abs(Date.now() - watermark.atMs)).toBeLessThan(5_000);
  });

  it('goes on while nothing changes, each later than the one before', async () => {
    startRelay();
    await until(() => reader.watermarks.length >= 4);
    const times = reader.watermarks.map(({ atMs }) => atMs);
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
    expect(reader.watermarks.every(({ version }) => version === 0)).toBe(true);
  });

  it('is not sent while a change is committed and not acknowledged', async () => {
    let isDown = false;
    startRelay({
      producer: {
        sendAll: (records, options) =>
          isDown ? Promise.reject(new Error('gone')) : transport.producer.sendAll(records, options),
      },
    });
    await until(() => reader.watermarks.length > 0);
    isDown = true;
    const committedBeforeMs = Date.now();
    const id = await addApplication();
    await until(async () => !(await isIdle()));
    isDown = false;
    await until(() => reader.watermarks.some(({ version }) => version >= 1));
    const at = reader.records.findIndex(
      (record) => record.kind === 'application' && record.id === id,
    );
    const before = reader.records.slice(0, at).filter(({ kind }) => kind === 'watermark');
    expect(before.every((record) => 'atMs' in record && record.atMs <= committedBeforeMs + 1)).toBe(
      true,
    );
  });
});

describe('publishing everything again', () => {
  it('fills an empty topic before its first watermark, with versions that follow those before', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 20; index += 1) ids.push(await addApplication());
    const first = startRelay();
    await until(isIdle);
    await first.beforeApplicationShutdown();

    transport = createMemoryTransport({ pathPartitions: 1, logger: silent });
    await transport.connect();
    reader = await TopicReader.open(transport);
    startRelay({ republish: true });
    const watermark = await until(() => reader.watermarks[0]);
    const before = reader.records.slice(0, reader.records.indexOf(watermark));
    expect(before.map(({ version }) => version)).toEqual(upTo(40).slice(20));
    expect(before.map((record) => 'id' in record && record.id).sort()).toEqual([...ids].sort());
    expect(watermark.version).toBe(40);
  });

  it('does it once, not each time that this process takes the lead', async () => {
    await addApplication();
    startRelay({ republish: true });
    await until(() => reader.changes.length === 2);
    await until(isIdle);
    await killLeader();
    const id = await addApplication();
    await until(() => newest(id));
    await until(isIdle);
    expect(versions()).toEqual([1, 2, 3]);
  });
});
