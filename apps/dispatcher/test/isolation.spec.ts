import { testDatabase, type TestDatabase, until } from '@gateway/testing';
import { DISPATCHER_DATABASE } from '../src/dispatcher.database';
import { DispatcherProcess, anApp } from './dispatcher-process';
import { FakeMeta, answer, metaError } from './fake-meta';

const slow = anApp('1111');
const fast = anApp('2222');
let database: TestDatabase;
let meta: FakeMeta;
let dispatcher: DispatcherProcess;

beforeAll(async () => {
  database = await testDatabase(DISPATCHER_DATABASE);
});

afterAll(async () => {
  await database.close();
});

async function start(environment: Record<string, string>): Promise<void> {
  meta = await FakeMeta.start();
  dispatcher = await DispatcherProcess.start({
    databaseUrl: database.url,
    metaUrl: meta.url,
    apps: [slow, fast],
    environment,
  });
}

afterEach(async () => {
  await dispatcher.close();
  await meta.close();
});

const isSlow = (path: string): boolean => path.includes('/1111/');

describe('a phone number that hangs', () => {
  it('gets as many calls as its cap, is refused quickly beyond, and holds no other number back', async () => {
    await start({ DISPATCHER_NUMBER_CALLS_MAX: '8', META_TIMEOUT_MS: '3000' });
    meta.handler = ({ path }, accept) => {
      if (!isSlow(path)) accept();
    };
    const startedMs = Date.now();
    const slowIds = await Promise.all(Array.from({ length: 40 }, () => dispatcher.send(slow)));
    const fastIds = await Promise.all(Array.from({ length: 40 }, () => dispatcher.send(fast)));
    for (const id of fastIds) {
      expect(await dispatcher.answer(id)).toMatchObject({ kind: 'accepted' });
    }
    expect(Date.now() - startedMs).toBeLessThan(1_000);
    const refused = await until(() => {
      const answered = slowIds.filter((id) =>
        dispatcher.repliesTo(id).some((r) => r.kind === 'refused'),
      );
      return answered.length === 32 && answered;
    });
    expect(Date.now() - startedMs).toBeLessThan(2_000);
    for (const id of refused) {
      expect(await dispatcher.answer(id)).toMatchObject({
        code: 'META_003',
        retryAfterSeconds: 1,
        params: { retryable: true, retry_after: '1s', meta: { code: null } },
      });
      expect(await dispatcher.settlement(id)).toMatchObject({ outcome: 'rejected' });
    }
    // Now that it is known to hang, the next one does not even wait.
    const lateMs = Date.now();
    expect(await dispatcher.answer(await dispatcher.send(slow))).toMatchObject({
      code: 'META_003',
    });
    expect(Date.now() - lateMs).toBeLessThan(500);
    for (const id of slowIds.filter((each) => !refused.includes(each))) {
      expect(await dispatcher.answer(id)).toMatchObject({ code: 'META_005' });
    }
    expect(meta.calls.filter(({ path }) => isSlow(path)).length).toBe(8);
  });
});

describe('a phone number that Meta throttles', () => {
  it('pauses by itself and is refused here meanwhile, while others go on', async () => {
    await start({});
    meta.handler = (call, accept) => {
      if (isSlow(call.path)) answer(call, 400, metaError(130429));
      else accept();
    };
    expect(await dispatcher.answer(await dispatcher.send(slow))).toMatchObject({
      code: 'META_003',
      params: { meta: { code: 130429 }, retryable: true },
    });
    const ids = await Promise.all(Array.from({ length: 10 }, () => dispatcher.send(slow)));
    expect(await dispatcher.answer(await dispatcher.send(fast))).toMatchObject({
      kind: 'accepted',
    });
    for (const id of ids) expect(await dispatcher.answer(id)).toMatchObject({ code: 'META_003' });
    expect(meta.calls.filter(({ path }) => isSlow(path)).length).toBeLessThan(11);
  });

  it('never gets more than its rate, with the wait bounded', async () => {
    await start({ DISPATCHER_NUMBER_RATE_PER_SECOND: '20' });
    const ids = await Promise.all(Array.from({ length: 60 }, () => dispatcher.send(slow)));
    const replies = await Promise.all(ids.map((id) => dispatcher.answer(id)));
    const accepted = replies.filter(({ kind }) => kind === 'accepted').length;
    // What the bucket holds, and what it gets in the second that a message waits at most.
    expect(accepted).toBeGreaterThanOrEqual(20);
    expect(accepted).toBeLessThanOrEqual(42);
    expect(meta.calls.length).toBe(accepted);
  });
});

describe('an unreachable Meta', () => {
  it('is tried again a little, then said to be unreachable; nothing was sent', async () => {
    await start({});
    await meta.close();
    const id = await dispatcher.send(fast);
    expect(await dispatcher.answer(id)).toMatchObject({
      code: 'META_001',
      params: { retryable: true },
    });
    expect(await dispatcher.settlement(id)).toMatchObject({ outcome: 'rejected' });
    meta = await FakeMeta.start();
  });
});

describe('an application', () => {
  it('has a bound of its own in this process', async () => {
    await start({ DISPATCHER_APP_IN_FLIGHT_MAX: '5' });
    meta.handler = () => undefined;
    await Promise.all(Array.from({ length: 5 }, () => dispatcher.send(slow)));
    await until(() => meta.calls.length === 5);
    expect(await dispatcher.answer(await dispatcher.send(slow))).toMatchObject({
      code: 'META_003',
    });
    for (const { socket } of meta.calls) socket.destroy();
  });
});
