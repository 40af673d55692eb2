import { answerExpiresAtMs, askAtMs, deadlineMs, isCharged } from './hold-policy';
import type { Journey } from '@gateway/contracts';

const journey = (part: Partial<Journey>): Journey => ({
  messageId: 'm',
  replyPartition: 0,
  ttlMs: 10_000,
  appId: 'a',
  orgId: 'o',
  keyId: 'k',
  type: 'text',
  isFake: false,
  isMmlite: false,
  isLate: false,
  limits: { perSecond: 80, perMinute: 4_800 },
  ...part,
});

describe('the policy of holds', () => {
  it('charges messages, not fakes and not mark-as-read', () => {
    expect(isCharged(journey({}))).toBe(true);
    expect(isCharged(journey({ isMmlite: true, type: 'template' }))).toBe(true);
    expect(isCharged(journey({ isFake: true }))).toBe(false);
    expect(isCharged(journey({ type: 'read' }))).toBe(false);
  });

  it('takes the deadline from the stamp of the submitted record, else from the record itself', () => {
    expect(deadlineMs(journey({ submittedAtMs: 1_000 }), 5_000)).toBe(11_000);
    expect(deadlineMs(journey({}), 5_000)).toBe(15_000);
    expect(deadlineMs(journey({ submittedAtMs: Number.MAX_SAFE_INTEGER }), 5_000)).toBe(15_000);
  });

  it('asks about a hold only when no call to Meta for it can still run', () => {
    expect(askAtMs(11_000)).toBeGreaterThan(11_000 + 10_000);
  });

  it('answers as long as the edge waits', () => {
    expect(answerExpiresAtMs(11_000)).toBe(22_000);
  });
});
