import fc from 'fast-check';
import { OUTCOMES, parseSettled, type SettledPayload } from './settled';

const settled: fc.Arbitrary<SettledPayload> = fc.record({
  messageId: fc.uuid(),
  orgId: fc.uuid(),
  appId: fc.uuid(),
  outcome: fc.constantFrom(...OUTCOMES),
  billable: fc.boolean(),
  atMs: fc.maxSafeInteger(),
});

const read = (value: unknown) => parseSettled(Buffer.from(JSON.stringify(value)));

describe('a settlement as it is read', () => {
  it('is what was written, and may carry fields that a later release adds', () => {
    fc.assert(
      fc.property(settled, (payload) => {
        expect(read(payload)).toEqual(payload);
        expect(read({ ...payload, later: 1 })).toMatchObject(payload);
      }),
    );
  });

  it('is none when any of its fields is missing or of another kind', () => {
    const names = ['messageId', 'orgId', 'appId', 'outcome', 'billable', 'atMs'] as const;
    const other = fc.oneof(fc.constant(undefined), fc.constant(null), fc.string(), fc.double());
    fc.assert(
      fc.property(settled, fc.constantFrom(...names), other, (payload, name, value) => {
        const isStillOne =
          (name === 'outcome' && OUTCOMES.some((known) => known === value)) ||
          (name === 'atMs' && Number.isSafeInteger(value));
        fc.pre(!isStillOne);
        expect(read({ ...payload, [name]: value })).toBeNull();
      }),
    );
  });

  it('is none, and never an exception, for any other bytes or none', () => {
    expect(parseSettled(null)).toBeNull();
    fc.assert(fc.property(fc.uint8Array(), (noise) => parseSettled(Buffer.from(noise)) === null));
    fc.assert(fc.property(fc.json(), (json) => parseSettled(Buffer.from(json)) === null));
  });
});
