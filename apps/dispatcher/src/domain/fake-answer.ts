import type { Verdict } from './verdict';

const MICROSECONDS_PER_MS = 1_000;

/**
 * Ids of messages that were not sent: `wamid.FAKE_` and the Unix time in nanoseconds, 19 digits, never twice the same.
 * Microseconds grow strictly within an instance, and no two instances hold one slot at a time.
 */
export class FakeIds {
  private lastMicroseconds = 0;

  /** @param slot 0 to 999, held by this instance alone */
  next(nowMs: number, slot: number): string {
    this.lastMicroseconds = Math.max(
      this.lastMicroseconds + 1,
      Math.floor(nowMs) * MICROSECONDS_PER_MS,
    );
    return `wamid.FAKE_${this.lastMicroseconds}${String(slot).padStart(3, '0')}`;
  }
}

/** Meta's answer as it would be, without the call: no `contacts`, as nobody looked the recipient up. */
export const fakeAnswer = (wamid: string): Verdict => ({
  state: 'accepted',
  wamid,
  response: Buffer.from(`{"messaging_product":"whatsapp","messages":[{"id":"${wamid}"}]}`),
});

export const fakeReadAnswer = (): Verdict => ({
  state: 'accepted',
  wamid: null,
  response: Buffer.from('{"success":true}'),
});
