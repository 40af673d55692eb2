import { FakeClock } from '@gateway/testing';
import { CallersService } from '../src/callers.service';
import type { Caller } from '../src/domain/admission';
import type { KeysService } from '../src/keys.service';
import { PRODUCTION_KEY, applicationContext, keyContext } from './edge-fixture';

const CALLER: Caller = { key: keyContext(), application: applicationContext() };

describe('a caller', () => {
  const clock = new FakeClock();
  const callersOf = (find: KeysService['find']): CallersService =>
    new CallersService({ find } as KeysService, { keyHashSecret: 'secret' } as never, clock);

  it('is known at once while the key is in the cache', () => {
    const callers = callersOf(() => CALLER);
    expect(callers.authenticate(`Bearer ${PRODUCTION_KEY}`, 1)).toBe(CALLER);
  });

  it('carries for how long auth was asked, so that what follows can hurry', async () => {
    const callers = callersOf(async () => {
      await Promise.resolve();
      clock.advance(1_500);
      return CALLER;
    });
    await expect(callers.authenticate(`Bearer ${PRODUCTION_KEY}`, 1)).resolves.toEqual({
      ...CALLER,
      lookupMs: 1_500,
    });
  });

  it('has no more time for a clock that was set back meanwhile', async () => {
    const callers = callersOf(async () => {
      await Promise.resolve();
      clock.advance(-60_000);
      return CALLER;
    });
    const caller = await callers.authenticate(`Bearer ${PRODUCTION_KEY}`, 1);
    expect(caller.lookupMs).toBe(0);
  });

  it('is judged as of the moment when auth answered', async () => {
    const expiresAtMs = clock.nowMs() + 1_000;
    const callers = callersOf(async () => {
      await Promise.resolve();
      clock.advance(1_500);
      return { ...CALLER, key: keyContext('production', { expiresAtMs }) };
    });
    await expect(callers.authenticate(`Bearer ${PRODUCTION_KEY}`, 1)).rejects.toMatchObject({
      code: 'AUTH_001',
    });
  });
});
