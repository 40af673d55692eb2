import { OUTCOMES, type SettledPayload } from '@gateway/contracts';
import fc from 'fast-check';
import { actionOf, settlementsOf } from './settlement';

const outcome = (part: Partial<SettledPayload>): SettledPayload => ({
  messageId: '0199aaaa-0000-7000-8000-000000000001',
  orgId: '0199aaaa-0000-7000-8000-00000000000a',
  appId: '0199aaaa-0000-7000-8000-00000000000b',
  outcome: 'accepted',
  billable: true,
  atMs: 1,
  ...part,
});

describe('settlement', () => {
  it('charges what was accepted and nothing else', () => {
    for (const each of OUTCOMES) {
      expect(actionOf(outcome({ outcome: each })) === 'charge').toBe(each === 'accepted');
      expect(actionOf(outcome({ outcome: each, billable: false }))).not.toBe('charge');
    }
  });

  it("keeps Meta's part of a template's hold alone", () => {
    expect(actionOf(outcome({ isTemplate: true }))).toBe('charge');
    expect(actionOf(outcome({ isTemplate: false }))).toBe('charge_whole');
  });

  it('keeps the hold of what may have been sent', () => {
    expect(actionOf(outcome({ outcome: 'unknown' }))).toBe('unknown');
  });

  it('says the same of a message in whatever order its outcomes come', () => {
    const outcomes = fc.array(
      fc.record({
        messageId: fc.constantFrom('a', 'b', 'c'),
        outcome: fc.constantFrom(...OUTCOMES),
        billable: fc.boolean(),
      }),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(outcomes, fc.infiniteStream(fc.nat()), (parts, random) => {
        const all = parts.map(outcome);
        const shuffled = all
          .map((each) => ({ each, at: random.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ each }) => each);
        const byId = (list: ReturnType<typeof settlementsOf>) =>
          Object.fromEntries(list.map(({ messageId, action }) => [messageId, action]));
        expect(byId(settlementsOf(shuffled))).toEqual(byId(settlementsOf(all)));
        expect(settlementsOf(all)).toHaveLength(new Set(all.map((each) => each.messageId)).size);
      }),
    );
  });
});
