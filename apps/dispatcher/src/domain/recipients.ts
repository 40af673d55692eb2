import { maskPhoneNumber } from '@gateway/platform';
import { createHmac, hkdfSync } from 'node:crypto';

const KEY_BYTES = 32;
const PURPOSE = 'dispatcher recipient hash';
const DIGITS = /^\d{1,20}$/;

/** Digits of the number in `to` of a body for Meta; null when there is none, as in a mark-as-read. */
export function recipientOf(body: Buffer): string | null {
  try {
    const { to } = JSON.parse(body.toString('utf8')) as { readonly to?: unknown };
    return typeof to === 'string' && DIGITS.test(to) ? to : null;
  } catch {
    // No JSON object: Kafka records are untrusted, and Meta says what is wrong with it.
    return null;
  }
}

/**
 * What is kept of the number that a message goes to: enough to find it again and to recognise it, too little to call
 * it. Hashes are bound to their application, so that nobody sees who is written to by two.
 */
export class Recipients {
  private readonly current: Buffer;
  private readonly previous: Buffer | null;

  /** `previous` still finds what was hashed before the key was changed. */
  constructor(keys: { readonly current: Buffer; readonly previous?: Buffer }) {
    this.current = hashingKey(keys.current);
    this.previous = keys.previous ? hashingKey(keys.previous) : null;
  }

  /** 64 bits as decimal text, signed as Postgres' bigint; null of an unknown number. */
  hash(appId: string, digits: string | null): string | null {
    return digits === null ? null : hashOf(this.current, appId, digits);
  }

  /** Every hash that the number may be stored under. */
  hashes(appId: string, digits: string): string[] {
    const keys = this.previous ? [this.current, this.previous] : [this.current];
    return keys.map((key) => hashOf(key, appId, digits));
  }

  /** `905321234567` becomes `+90*****67`; null of an unknown number. */
  mask(digits: string | null): string | null {
    return digits === null ? null : maskPhoneNumber(`+${digits}`);
  }
}

const hashingKey = (key: Buffer): Buffer =>
  Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), PURPOSE, KEY_BYTES));

const hashOf = (key: Buffer, appId: string, digits: string): string =>
  createHmac('sha256', key).update(`${appId}|${digits}`).digest().readBigInt64BE().toString();
