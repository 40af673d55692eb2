import type { CommandReply } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { CommandTimeoutError, type InboundRecord, type Messaging } from '@gateway/messaging';
import { HealthRegistry, createLogger } from '@gateway/platform';
import { FakeClock } from '@gateway/testing';
import { KeyCacheService } from '../src/key-cache.service';
import { KeysService } from '../src/keys.service';
import { APP_ID, applicationContext, keyContext } from './edge-fixture';

type Lookup = CommandReply<'auth', 'key.lookup'>;
const HASH = 'ab'.repeat(32);
const known: Lookup = { version: 100, key: keyContext(), application: applicationContext() };
const unknown: Lookup = { version: 100, key: null, application: null };
const silence = (): Promise<never> =>
  Promise.reject(new CommandTimeoutError('auth', 'key.lookup', 1_500));
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A process with its topic and auth, both as the test wants them. */
async function process() {
  const clock = new FakeClock();
  const log: { key: string; value: string | null; stampMs: number }[] = [];
  let onRecords: (records: readonly InboundRecord[]) => void = () => undefined;
  const state = {
    lookedUp: [] as string[],
    readCount: 0,
    auth: (): Promise<Lookup> => Promise.resolve(known),
  };
  const hand = (entries: typeof log): void => {
    onRecords(
      entries.map(
        ({ key, value, stampMs }) =>
          ({
            key,
            value: value === null ? null : Buffer.from(value),
            timestampMs: stampMs,
          }) as InboundRecord,
      ),
    );
  };
  const readAll = (): Promise<void> => {
    state.readCount++;
    hand(log);
    return Promise.resolve();
  };
  const messaging = {
    brokerClock: { nowMs: () => clock.nowMs(), offsetMs: 0 },
    tables: {
      read: async (_topic: string, listener: typeof onRecords) => {
        onRecords = listener;
        await readAll();
        return { resync: readAll, lastFetchAtMs: () => clock.nowMs() };
      },
    },
    commands: {
      call: (_service: string, _command: string, { keyHash }: { keyHash: string }) => {
        state.lookedUp.push(keyHash);
        return state.auth();
      },
    },
  } as unknown as Messaging;
  const cache = new KeyCacheService(
    messaging,
    clock,
    createLogger({ service: 'test', level: 'silent' }),
    new HealthRegistry(),
  );
  const keys = new KeysService(cache, messaging, clock);
  const write = (key: string, value: object | string | null, isLost = false): void => {
    const text = value === null || typeof value === 'string' ? value : JSON.stringify(value);
    const entry = { key, value: text, stampMs: clock.nowMs() };
    log.push(entry);
    if (!isLost) hand([entry]);
  };
  const watermark = (version: number, isLost = false): void => {
    write('watermark', { kind: 'watermark', version, atMs: clock.nowMs() }, isLost);
  };
  const writeKey = (version: number, more: object = {}, isLost = false): void => {
    write(
      `key:${HASH}`,
      { kind: 'key', id: HASH, version, data: keyContext('production', more) },
      isLost,
    );
  };
  const find = async (hash = HASH): Promise<string> => {
    try {
      const { key } = await keys.find(hash);
      return key.isActive ? 'active' : 'revoked';
    } catch (error) {
      return (error as AppError).code;
    }
  };
  write(`application:${APP_ID}`, {
    kind: 'application',
    id: APP_ID,
    version: 1,
    data: applicationContext(),
  });
  writeKey(2);
  watermark(2);
  cache.watch();
  await settled();
  return { clock, state, cache, keys, write, writeKey, watermark, find };
}

describe('while the topic is fresh', () => {
  it('answers at once and never asks auth', async () => {
    const { state, keys, writeKey, watermark, find } = await process();
    expect(keys.find(HASH)).toEqual({ key: keyContext(), application: applicationContext() });
    writeKey(3, { isActive: false });
    watermark(3);
    expect(await find()).toBe('revoked');
    expect(state.lookedUp).toEqual([]);
  });

  it('asks auth for a key that is not there, once for many requests at a time', async () => {
    const { state, find } = await process();
    const found = await Promise.all([find('new'), find('new'), find('new')]);
    expect(found).toEqual(['active', 'active', 'active']);
    expect(state.lookedUp).toEqual(['new']);
  });

  it('remembers for a moment that auth does not know a key', async () => {
    const { clock, state, find } = await process();
    state.auth = () => Promise.resolve(unknown);
    expect([await find('x'), await find('x')]).toEqual(['AUTH_001', 'AUTH_001']);
    expect(state.lookedUp).toEqual(['x']);
    clock.advance(2_000);
    state.auth = () => Promise.resolve(known);
    expect(await find('x')).toBe('active');
  });

  it('lets a flood of unknown keys reach auth 200 times a second and no more', async () => {
    const { clock, state, find, watermark } = await process();
    state.auth = () => Promise.resolve(unknown);
    for (let index = 0; index < 10_000; index++) {
      expect(await find(`invented-${index}`)).toBe('AUTH_001');
      if (index % 10 === 9) clock.advance(1);
      if (index % 1_000 === 999) watermark(2);
    }
    expect(state.lookedUp.length).toBeGreaterThanOrEqual(200);
    expect(state.lookedUp.length).toBeLessThanOrEqual(401);
    expect(await find()).toBe('active');
  });

  it('refuses a key that was deleted', async () => {
    const { write, watermark, find } = await process();
    write(`key:${HASH}`, { kind: 'key', id: HASH, version: 3, data: null });
    watermark(3);
    expect(await find()).toBe('AUTH_001');
  });
});

describe('when the topic is not fresh', () => {
  it('asks auth key by key once the watermark is 4 s old: a revocation shows although its event was lost', async () => {
    const { clock, state, writeKey, find, watermark } = await process();
    writeKey(3, { isActive: false }, true);
    state.auth = () =>
      Promise.resolve({ ...known, key: keyContext('production', { isActive: false }) });
    clock.advance(3_900);
    expect(await find()).toBe('active');
    clock.advance(100);
    expect(await find()).toBe('revoked');
    watermark(3, true);
  });

  it('asks auth as soon as a watermark names a version that was never seen, and reads again', async () => {
    const { clock, state, cache, writeKey, watermark, find } = await process();
    writeKey(3, { isActive: false }, true);
    state.auth = () =>
      Promise.resolve({ ...known, key: keyContext('production', { isActive: false }) });
    watermark(3);
    expect(await find()).toBe('revoked');
    expect(state.lookedUp).toEqual([HASH]);
    clock.advance(5_000);
    watermark(3);
    cache.watch();
    await settled();
    expect(state.readCount).toBe(2);
    expect(cache.isFresh()).toBe(true);
    expect(await find()).toBe('revoked');
    expect(state.lookedUp).toEqual([HASH]);
  });

  it("believes auth's answer for a second, and not for longer", async () => {
    const { clock, state, find } = await process();
    clock.advance(6_000);
    expect([await find(), await find()]).toEqual(['active', 'active']);
    clock.advance(1_000);
    await find();
    expect(state.lookedUp).toEqual([HASH, HASH]);
  });

  it('lets a key go on that was sure a moment ago while auth is slow, and believes the answer once it is there', async () => {
    const { clock, state, find } = await process();
    clock.advance(6_000);
    let answer: (revoked: typeof known) => void = () => undefined;
    state.auth = () => new Promise((resolve) => (answer = resolve));
    expect([await find(), state.lookedUp]).toEqual(['active', [HASH]]);
    answer({ ...known, key: keyContext('production', { isActive: false }) });
    await settled();
    expect([await find(), state.lookedUp]).toEqual(['revoked', [HASH]]);
  });

  it('asks auth for a key whose record cannot be read, and says AUTH_005 when auth cannot either', async () => {
    const { state, write, watermark, find } = await process();
    write(`key:${HASH}`, '{"kind":"key"');
    watermark(2);
    expect(await find()).toBe('active');
    write(`key:${HASH}`, '{"kind":"key"');
    state.auth = () =>
      Promise.resolve({ version: 9, key: { keyId: 1 }, application: null } as never);
    expect(await find()).toBe('AUTH_005');
    state.auth = () => Promise.reject(new AppError('AUTH_005'));
    expect(await find()).toBe('AUTH_005');
    state.auth = () => Promise.reject(new AppError('GW_500'));
    expect(await find()).toBe('AUTH_004');
  });
});

describe('when auth is gone too', () => {
  it('lets cached keys go on for 60 s and no longer, and asks auth once a second', async () => {
    const { clock, state, cache, find } = await process();
    state.auth = silence;
    clock.advance(3_999);
    expect(cache.isFresh()).toBe(true);
    let asked = 0;
    for (let second = 0; second < 59; second++) {
      clock.advance(1_000);
      expect([await find(), await find(), await find()]).toEqual(['active', 'active', 'active']);
      await settled();
      expect(state.lookedUp.length - asked).toBeLessThanOrEqual(1);
      asked = state.lookedUp.length;
    }
    expect(asked).toBeGreaterThan(50);
    clock.advance(1_000);
    expect(await find()).toBe('AUTH_004');
  });

  it('lets cached keys go on as well while auth says that its own store is gone', async () => {
    const { clock, state, find } = await process();
    state.auth = () => Promise.reject(new AppError('GW_008'));
    clock.advance(6_000);
    expect(await find()).toBe('active');
    clock.advance(60_000);
    expect(await find()).toBe('AUTH_004');
    expect(await find('new')).toBe('AUTH_004');
  });

  it('says AUTH_004 of keys that it never saw', async () => {
    const { state, find } = await process();
    state.auth = silence;
    expect(await find('new')).toBe('AUTH_004');
    expect(await find('newer')).toBe('AUTH_004');
    expect(state.lookedUp).toEqual(['new']);
  });

  it('believes auth again as soon as it answers', async () => {
    const { clock, state, find } = await process();
    clock.advance(6_000);
    state.auth = silence;
    expect(await find()).toBe('active');
    state.auth = () =>
      Promise.resolve({ ...known, key: keyContext('production', { isActive: false }) });
    clock.advance(1_000);
    expect(await find()).toBe('active');
    await settled();
    expect(await find()).toBe('revoked');
  });
});
