import fc from 'fast-check';
import { InFlight, type Waiting } from './in-flight';

const waiting = (messageId: string, more: Partial<Waiting> = {}): Waiting => ({
  messageId,
  appId: 'a',
  partition: 0,
  startedAtMs: 0,
  takeBackAtMs: 0,
  expiresAtMs: Infinity,
  ...more,
});

describe('InFlight', () => {
  it('has no room past the bound of an application nor past the bound of all', () => {
    const inFlight = new InFlight({ perAppMax: 2, totalMax: 3 });
    const first = waiting('1');
    inFlight.add(first);
    inFlight.add(waiting('2'));
    expect([inFlight.hasRoom('a'), inFlight.hasRoom('b')]).toEqual([false, true]);
    inFlight.add(waiting('3', { appId: 'b' }));
    expect(inFlight.hasRoom('b')).toBe(false);
    inFlight.remove(first);
    expect([inFlight.hasRoom('a'), inFlight.hasRoom('b')]).toEqual([true, true]);
  });

  it('finds what stays in the local queue, what expires and what is silent, each by its own age', () => {
    const inFlight = new InFlight({ perAppMax: 9, totalMax: 9 });
    const [first, second, third] = [
      waiting('1', { startedAtMs: 10, takeBackAtMs: 20 }),
      waiting('2', { startedAtMs: 20, takeBackAtMs: 15 }),
      waiting('3', { startedAtMs: 30, takeBackAtMs: 30, partition: 1 }),
    ];
    for (const each of [first, second, third]) inFlight.add(each);
    expect(inFlight.queuedTooLong(15)).toEqual([second]);
    expect(inFlight.queuedTooLong(20)).toEqual([first, second]);
    inFlight.handOver(first);
    expect(inFlight.queuedTooLong(20)).toEqual([second]);
    inFlight.awaitOutcome(second, 100);
    inFlight.awaitOutcome(third, 110);
    expect(inFlight.queuedTooLong(99)).toEqual([]);
    expect(inFlight.expired(99)).toEqual([]);
    expect(inFlight.expired(100)).toEqual([second]);
    expect(inFlight.startedBefore(20)).toEqual([first, second]);
    expect(inFlight.oldestSilentSinceMs(0)).toBe(10);
    inFlight.reportedRunning(first);
    expect(inFlight.oldestSilentSinceMs(0)).toBe(20);
    inFlight.remove(second);
    expect(inFlight.oldestSilentSinceMs(0)).toBeUndefined();
    expect(inFlight.oldestSilentSinceMs(1)).toBe(30);
    expect(inFlight.oldestSilentSinceMs(7)).toBeUndefined();
  });

  it('counts right whatever comes and goes, in any order', () => {
    const steps = fc.array(fc.record({ app: fc.constantFrom('a', 'b'), remove: fc.boolean() }));
    fc.assert(
      fc.property(steps, (taken) => {
        const inFlight = new InFlight({ perAppMax: 3, totalMax: 4 });
        const here: Waiting[] = [];
        for (const { app, remove } of taken) {
          const room = here.length < 4 && here.filter(({ appId }) => appId === app).length < 3;
          expect(inFlight.hasRoom(app)).toBe(room);
          if (remove) {
            const gone = here.shift();
            if (gone) inFlight.remove(gone);
          } else if (room) {
            const added = waiting('x', { appId: app });
            inFlight.add(added);
            here.push(added);
          }
          expect(inFlight.size).toBe(here.length);
        }
      }),
    );
  });
});
