import { testDatabase, type TestDatabase, until } from '@gateway/testing';
import type { Journey } from '@gateway/contracts';
import { DISPATCHER_DATABASE } from '../src/dispatcher.database';
import { DispatcherProcess, aJourney, anApp, type App } from './dispatcher-process';
import { FakeMeta, answer, metaError } from './fake-meta';

const apps: App[] = [anApp(), anApp()];
const [app = anApp()] = apps;
let database: TestDatabase;
let meta: FakeMeta;
let running: DispatcherProcess[] = [];

beforeAll(async () => {
  database = await testDatabase(DISPATCHER_DATABASE);
});

afterAll(async () => {
  await database.close();
});

beforeEach(async () => {
  meta = await FakeMeta.start();
});

afterEach(async () => {
  for (const dispatcher of running) await dispatcher.close().catch(() => undefined);
  running = [];
  await meta.close();
});

async function start(environment: Record<string, string> = {}, monotonicMs?: () => number) {
  const dispatcher = await DispatcherProcess.start({
    databaseUrl: database.url,
    metaUrl: meta.url,
    apps,
    environment,
    monotonicMs,
  });
  running.push(dispatcher);
  return dispatcher;
}

const stateOf = async (messageId: string): Promise<string | undefined> => {
  const rows = await database.dataSource.query<{ state: string }[]>(
    'select state from messages where id = $1',
    [messageId],
  );
  return rows[0]?.state;
};

/** A record whose claim is committed and whose call Meta has taken, without an answer. */
async function inCall(
  dispatcher: DispatcherProcess,
): Promise<{ journey: Journey; accept: () => void }> {
  let accept: (() => void) | undefined;
  meta.handler = (_call, go) => {
    accept = go;
  };
  const journey = aJourney(app, Date.now());
  await dispatcher.produce(journey);
  const go = await until(() => accept);
  meta.handler = (_call, next) => {
    next();
  };
  return { journey, accept: go };
}

describe('a record that comes to another dispatcher', () => {
  it('whose owner was killed between claim and call becomes unknown, and is never sent', async () => {
    const first = await start();
    const send = jest.spyOn(first.parts.meta, 'send').mockImplementation(() => ({}) as never);
    const journey = aJourney(app, Date.now());
    await first.produce(journey);
    await until(() => send.mock.calls.length === 1);
    expect(await stateOf(journey.messageId)).toBe('sending');
    await first.kill();

    const second = await start();
    await second.produce(journey);
    expect(await second.answer(journey.messageId)).toMatchObject({
      code: 'META_005',
      params: { message_id: `msg_${journey.messageId}` },
    });
    expect(await second.settlement(journey.messageId)).toMatchObject({ outcome: 'unknown' });
    expect(meta.calls).toEqual([]);
    expect(await stateOf(journey.messageId)).toBe('unknown');
  });

  it('whose owner was killed between call and outcome becomes unknown, and is never sent again', async () => {
    const first = await start();
    const { journey } = await inCall(first);
    await first.kill();
    const second = await start();
    await second.produce(journey);
    expect(await second.answer(journey.messageId)).toMatchObject({ code: 'META_005' });
    await second.produce(journey);
    await until(() => second.settlementsOf(journey.messageId).length >= 2);
    expect(
      second.settlementsOf(journey.messageId).every(({ outcome }) => outcome === 'unknown'),
    ).toBe(true);
    expect(meta.calls.length).toBe(1);
  });

  it('whose owner was killed between outcome and answer is answered and settled again, byte for byte', async () => {
    const first = await start();
    const id = await first.send(app);
    const answered = await first.answer(id);
    await first.kill();
    const second = await start();
    await second.produce(aJourney(app, Date.now(), { messageId: id }));
    expect(await second.answer(id)).toEqual(answered);
    expect(await second.settlement(id)).toMatchObject({ outcome: 'accepted', billable: true });
    expect(meta.calls.length).toBe(1);
  });

  it('and was refused by Meta is refused again with the same words', async () => {
    const first = await start();
    meta.handler = (call) => {
      answer(call, 400, metaError(131056));
    };
    const id = await first.send(app);
    const refused = await first.answer(id);
    await first.kill();
    const second = await start();
    await second.produce(aJourney(app, Date.now(), { messageId: id }));
    expect(await second.answer(id)).toEqual(refused);
    expect(await second.settlement(id)).toMatchObject({ outcome: 'rejected' });
    expect(meta.calls.length).toBe(1);
  });

  it('while its owner lives waits for the outcome', async () => {
    const first = await start();
    const second = await start();
    const { journey, accept } = await inCall(first);
    await second.produce(journey);
    // A look at the row that changes nothing comes five times a second.
    const find = jest.spyOn(second.parts.redelivery, 'look');
    await until(() => find.mock.calls.length >= 3);
    expect(second.repliesTo(journey.messageId).map(({ kind }) => kind)).toEqual(['running']);
    accept();
    expect(await second.answer(journey.messageId)).toMatchObject({ kind: 'accepted' });
    expect(meta.calls.length).toBe(1);
  });
});

describe('a dispatcher that starts after another was killed', () => {
  it('settles what was under way as unknown by itself, and acceptance that becomes known later wins', async () => {
    const first = await start();
    const { journey } = await inCall(first);
    const waiting = await inCall(first);
    await first.kill();
    const second = await start();
    for (const { messageId } of [journey, waiting.journey]) {
      expect(await second.settlement(messageId)).toMatchObject({
        outcome: 'unknown',
        billable: true,
      });
      expect(await stateOf(messageId)).toBe('unknown');
    }
    const left = await database.dataSource.query<unknown[]>(
      `select from dispatcher_instances where boot_id = $1`,
      [first.parts.lease.bootId],
    );
    expect(left).toEqual([]);
  });
});

describe('a dispatcher that was stopped for longer than its lease', () => {
  it('makes no call that it had not begun, and takes up new work with a new lease', async () => {
    let offsetMs = 0;
    const dispatcher = await start({}, () => performance.now() + offsetMs);
    const claim = dispatcher.parts.lease;
    // It is stopped between the commit of the claim and the call.
    const original = dispatcher.parts.meta.send.bind(dispatcher.parts.meta);
    jest.spyOn(dispatcher.parts.meta, 'send').mockImplementationOnce((request, onEnd) => {
      offsetMs += 20_000;
      return original(request, onEnd);
    });
    const epoch = claim.epoch;
    const id = await dispatcher.send(app);
    expect(await dispatcher.answer(id)).toMatchObject({ code: 'GW_008' });
    expect(await stateOf(id)).toBe('rejected');
    expect(await dispatcher.settlement(id)).toMatchObject({ outcome: 'rejected' });
    expect(meta.calls).toEqual([]);

    const next = await dispatcher.send(app);
    expect(await dispatcher.answer(next)).toMatchObject({ kind: 'accepted' });
    expect(claim.epoch).toBeGreaterThan(epoch);
    expect(meta.calls.length).toBe(1);
  });

  it('while another called its running message unknown turns it into accepted when the answer comes', async () => {
    const first = await start();
    const { journey, accept } = await inCall(first);
    first.parts.lease.abandon();
    const second = await start();
    expect(await second.settlement(journey.messageId)).toMatchObject({ outcome: 'unknown' });
    accept();
    expect(await first.answer(journey.messageId)).toMatchObject({ kind: 'accepted' });
    expect(await first.settlement(journey.messageId)).toMatchObject({ outcome: 'accepted' });
    expect(await stateOf(journey.messageId)).toBe('accepted');
    expect(meta.calls.length).toBe(1);
  });
});

describe('what billing asks about', () => {
  const ask = (dispatcher: DispatcherProcess, messageIds: string[]) =>
    dispatcher.edge.commands.call(
      'dispatcher',
      'outcomes',
      {
        messages: messageIds.map((messageId) => ({
          messageId,
          orgId: app.orgId,
          appId: app.appId,
        })),
      },
      { timeoutMs: 5_000 },
    );

  it('is settled by what is known; what is not there is fenced and can never be sent', async () => {
    const dispatcher = await start();
    const sent = await dispatcher.send(app);
    await dispatcher.answer(sent);
    const missing = aJourney(app, Date.now());
    expect(await ask(dispatcher, [sent, missing.messageId, missing.messageId])).toEqual({
      settled: 2,
    });
    await until(() => dispatcher.settlementsOf(sent).length === 2);
    expect(await dispatcher.settlement(missing.messageId)).toMatchObject({ outcome: 'expired' });
    const calls = meta.calls.length;
    await dispatcher.produce(missing);
    expect(await dispatcher.answer(missing.messageId)).toMatchObject({ code: 'GW_008' });
    expect(meta.calls.length).toBe(calls);
  });

  it('is left open while its call runs', async () => {
    const dispatcher = await start();
    const { journey, accept } = await inCall(dispatcher);
    expect(await ask(dispatcher, [journey.messageId])).toEqual({ settled: 0 });
    accept();
    await dispatcher.answer(journey.messageId);
  });
});

describe('message.get', () => {
  const get = (dispatcher: DispatcherProcess, { orgId, appId }: App, id: string) =>
    dispatcher.edge.commands.call(
      'dispatcher',
      'message.get',
      { orgId, appId, id },
      { timeoutMs: 5_000 },
    );

  it('finds a message by its id and by its wamid, for its own application alone', async () => {
    const dispatcher = await start();
    const id = await dispatcher.send(app);
    const reply = await dispatcher.answer(id);
    const { messages } = JSON.parse(String(reply.kind === 'accepted' && reply.data)) as {
      messages: [{ id: string }];
    };
    const wamid = messages[0].id;
    const record = await get(dispatcher, app, id);
    expect(record).toMatchObject({
      messageId: id,
      wamid,
      state: 'accepted',
      type: 'text',
      isFake: false,
      statuses: [{ state: 'sending' }, { state: 'accepted' }],
      error: null,
    });
    expect(await get(dispatcher, app, wamid)).toEqual(record);
    const other = apps[1] ?? app;
    expect(await get(dispatcher, other, id)).toBeNull();
    expect(await get(dispatcher, other, wamid)).toBeNull();
    expect(await get(dispatcher, { ...app, orgId: other.orgId }, id)).toBeNull();
    expect(await get(dispatcher, app, "' or 1=1")).toBeNull();
  });

  it("shows Meta's error", async () => {
    const dispatcher = await start();
    meta.handler = (call) => {
      answer(call, 400, metaError(131026));
    };
    const id = await dispatcher.send(app);
    await dispatcher.answer(id);
    expect(await get(dispatcher, app, id)).toMatchObject({
      state: 'rejected',
      error: { code: 'META_002', meta: { code: 131026 } },
    });
  });
});
