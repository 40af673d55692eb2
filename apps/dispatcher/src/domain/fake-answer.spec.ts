import * as fc from 'fast-check';
import { FakeIds } from './fake-answer';

describe('the ids of fakes', () => {
  it('are 19 digits of nanoseconds and never twice the same, over instances and clocks that step back', () => {
    const nowMs = fc.integer({ min: 1_700_000_000_000, max: 1_700_000_000_020 });
    fc.assert(
      fc.property(fc.array(nowMs, { maxLength: 300 }), (times) => {
        const instances = [new FakeIds(), new FakeIds()];
        const ids = times.flatMap((time) => instances.map((each, slot) => each.next(time, slot)));
        expect(new Set(ids).size).toBe(ids.length);
        for (const id of ids) expect(id).toMatch(/^wamid\.FAKE_17000000000\d{8}$/);
      }),
    );
  });
});
