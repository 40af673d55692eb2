import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export const hmacSha256Hex = (key: Buffer, text: string): string =>
  createHmac('sha256', key).update(text).digest('hex');

export const sha256Hex = (data: string | Buffer): string =>
  createHash('sha256').update(data).digest('hex');

/** Compares digests, so that neither the place of the first difference nor the length shows in the time. */
export const isEqualConstantTime = (a: string, b: string): boolean =>
  timingSafeEqual(digest(a), digest(b));

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
