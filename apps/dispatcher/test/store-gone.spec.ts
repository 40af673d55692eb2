import { testDatabase, type TestDatabase, until } from '@gateway/testing';
import { DISPATCHER_DATABASE } from '../src/dispatcher.database';
import { DispatcherProcess, aJourney, anApp } from './dispatcher-process';
import { FakeMeta } from './fake-meta';

const app = anApp();
let database: TestDatabase;
let meta: FakeMeta;
let dispatcher: DispatcherProcess;

beforeAll(async () => {
  database = await testDatabase(DISPATCHER_DATABASE);
});

afterAll(async () => {
  await database.close();
});

beforeEach(async () => {
  meta = await FakeMeta.start();
  dispatcher = await DispatcherProcess.start({
    databaseUrl: database.url,
    metaUrl: meta.url,
    apps: [app],
  });
});

afterEach(async () => {
  dispatcher.database.open();
  await dispatcher.close();
  await meta.close();
});

const stateOf = async (messageId: string): Promise<string | undefined> =>
  (
    await database.dataSource.query<{ state: string }[]>(
      'select state from messages where id = $1',
      [messageId],
    )
  )[0]?.state;

/** Once a first message has been refused, the store is known to be gone. */
async function notice(): Promise<void> {
  expect(await dispatcher.answer(await dispatcher.send(app))).toMatchObject({ code: 'GW_008' });
}

describe.each([
  [
    'refuses connections',
    () => {
      dispatcher.database.cut();
    },
  ],
  [
    'hangs',
    () => {
      dispatcher.database.freeze();
    },
  ],
])('a store that %s', (_name, fail) => {
  it('lets new messages be refused within 2 s and released; nothing of them is sent later', async () => {
    await dispatcher.answer(await dispatcher.send(app));
    const calls = meta.calls.length;
    fail();
    await notice();
    const startedMs = Date.now();
    const ids = await Promise.all(Array.from({ length: 20 }, () => dispatcher.send(app)));
    for (const id of ids) expect(await dispatcher.answer(id)).toMatchObject({ code: 'GW_008' });
    expect(Date.now() - startedMs).toBeLessThan(2_000);
    for (const id of ids)
      expect(await dispatcher.settlement(id)).toMatchObject({ outcome: 'rejected' });

    // A copy that a repeated produce left behind.
    const [copied = ''] = ids;
    await dispatcher.produce(aJourney(app, Date.now(), { messageId: copied }));
    dispatcher.database.open();
    await until(async () => (await stateOf(copied)) === 'rejected');
    expect(await dispatcher.answer(await dispatcher.send(app))).toMatchObject({ kind: 'accepted' });
    // Behind its fence a copy is answered and settled as the first was.
    await until(async () => {
      await dispatcher.produce(aJourney(app, Date.now(), { messageId: copied }));
      return dispatcher.settlementsOf(copied).length >= 2;
    });
    expect(meta.calls.length).toBe(calls + 1);
    for (const id of ids) expect(await stateOf(id)).toBe('rejected');
  });
});

describe('a store that goes away', () => {
  it('during a call holds the answer back until the outcome is committed', async () => {
    let accept: (() => void) | undefined;
    meta.handler = (_call, go) => {
      accept = go;
    };
    const id = await dispatcher.send(app);
    const go = await until(() => accept);
    dispatcher.database.cut();
    go();
    meta.handler = (_call, next) => {
      next();
    };
    // Another one shows that the outage lasts; behind the open call its offset cannot move, so that it waits.
    const refused = await dispatcher.send(app, { ttlMs: 1_000 });
    expect(await dispatcher.answer(refused)).toMatchObject({ code: 'GW_008' });
    expect(dispatcher.repliesTo(id).filter(({ kind }) => kind !== 'running')).toEqual([]);
    dispatcher.database.open();
    expect(await dispatcher.answer(id)).toMatchObject({ kind: 'accepted' });
    expect(await stateOf(id)).toBe('accepted');
    expect(await dispatcher.settlement(id)).toMatchObject({ outcome: 'accepted' });
  });

  it('in the middle of a claim leaves nothing that is sent or stays open', async () => {
    await dispatcher.answer(await dispatcher.send(app));
    const calls = meta.calls.length;
    dispatcher.database.holdAnswers();
    const id = await dispatcher.send(app);
    // Committed there, not known here.
    await until(async () => (await stateOf(id)) === 'sending');
    dispatcher.database.cut();
    dispatcher.database.open();
    expect(await dispatcher.answer(id)).toMatchObject({ code: 'GW_008' });
    await until(async () => (await stateOf(id)) === 'rejected');
    expect(await dispatcher.settlement(id)).toMatchObject({ outcome: 'rejected' });
    expect(meta.calls.length).toBe(calls);
  });

  it('keeps what another dispatcher may have sent until it is back', async () => {
    const sent = await dispatcher.send(app);
    await dispatcher.answer(sent);
    const second = await DispatcherProcess.start({
      databaseUrl: database.url,
      metaUrl: meta.url,
      apps: [app],
    });
    try {
      // The record is older than both the last sign of the store and the time since which the second reads.
      jest
        .spyOn(second.transport.brokerClock, 'nowMs')
        .mockImplementation(() => Date.now() + 1_000);
      await until(() => second.parts.lease.renewedAtMs > Date.now() + 500);
      second.database.cut();
      await second.produce(aJourney(app, Date.now(), { messageId: sent }));
      await until(() => second.parts.sends.waitingForStoreCount === 1);
      expect(second.repliesTo(sent)).toEqual([]);
      second.database.open();
      expect(await second.answer(sent)).toMatchObject({ kind: 'accepted' });
      expect(meta.calls.length).toBe(1);
    } finally {
      second.database.open();
      await second.close();
    }
  });
});
