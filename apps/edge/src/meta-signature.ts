import { createHmac, timingSafeEqual } from 'node:crypto';

const HEADER = /^sha256=([0-9a-f]{64})$/i;

/** The digest in Meta's `X-Hub-Signature-256`, or null when the header does not hold one. */
export function digestOf(header: string): Buffer | null {
  const hex = HEADER.exec(header)?.[1];
  return hex === undefined ? null : Buffer.from(hex, 'hex');
}

/** Whether one of the secrets signed these bytes as they are; in constant time for each secret. */
export const isSignedBy = (secrets: readonly string[], body: Buffer, digest: Buffer): boolean =>
  secrets.some((secret) =>
    timingSafeEqual(createHmac('sha256', secret).update(body).digest(), digest),
  );
