import { MESSAGE_STATES, type MessageState } from '@gateway/contracts';
import * as fc from 'fast-check';
import { canBecome, freesKey, outcomeOf } from './message-state';

const state = fc.constantFrom(...MESSAGE_STATES);

/** Takes every change that is allowed, in the order in which they come. */
const follow = (changes: readonly MessageState[]): MessageState[] =>
  changes.reduce<MessageState[]>(
    (path, next) => (canBecome(path.at(-1) ?? 'sending', next) ? [...path, next] : path),
    ['sending'],
  );

describe('the states of a message', () => {
  it('never come back to one that was left', () => {
    fc.assert(
      fc.property(fc.array(state, { maxLength: 30 }), (changes) => {
        const path = follow(changes);
        expect(new Set(path).size).toBe(path.length);
      }),
    );
  });

  it('never take an acceptance or a refusal back, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(state, { maxLength: 30 }), (changes) => {
        const outcomes = follow(changes)
          .map(outcomeOf)
          .filter((outcome) => outcome !== null && outcome !== 'unknown');
        expect(new Set(outcomes).size).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('let only what was sent be accepted', () => {
    for (const from of ['rejected', 'expired'] as const) {
      for (const to of MESSAGE_STATES) expect(canBecome(from, to)).toBe(false);
    }
    for (const from of MESSAGE_STATES) expect(canBecome(from, 'sending')).toBe(false);
  });

  it('free an idempotency key exactly when nothing was sent and nothing final said by Meta', () => {
    for (const code of ['RATE_001', 'BILL_001', 'GW_008', 'META_001', 'META_003', null]) {
      expect(freesKey('rejected', code)).toBe(true);
    }
    expect(freesKey('expired', 'GW_008')).toBe(true);
    for (const code of ['META_002', 'META_004']) expect(freesKey('rejected', code)).toBe(false);
    for (const kept of ['sending', 'unknown', 'accepted', 'failed', 'read'] as const) {
      expect(freesKey(kept, null)).toBe(false);
    }
  });
});
