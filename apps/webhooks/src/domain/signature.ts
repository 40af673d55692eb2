import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';

/** A signing secret, and until when it signs beside the one that took its place. */
export interface SigningSecret {
  /** `whsec_` and base64. */
  readonly secret: string;
  /** Unix milliseconds; null for the one in force. */
  readonly expiresAtMs: number | null;
}

/** @param bytes 32 random ones */
export const signingSecret = (bytes: Buffer): string => PREFIX + bytes.toString('base64');

/** Those that sign at this moment: the clock decides, so that no job needs to run for a rotation to end. */
export const secretsInForce = (
  secrets: readonly SigningSecret[],
  nowMs: number,
): readonly SigningSecret[] =>
  secrets.filter(({ expiresAtMs }) => expiresAtMs === null || nowMs < expiresAtMs);

/**
 * `webhook-signature` of Standard Webhooks, one signature for each secret, in their order.
 * @param timestampS Unix seconds of this attempt
 * @param body the bytes that are sent
 */
export function webhookSignature(
  secrets: readonly SigningSecret[],
  webhookId: string,
  timestampS: number,
  body: Buffer,
): string {
  const head = `${webhookId}.${timestampS}.`;
  return secrets
    .map(({ secret }) => {
      const mac = createHmac('sha256', keyOf(secret)).update(head).update(body);
      return `v1,${mac.digest('base64')}`;
    })
    .join(' ');
}

/**
 * `X-Hub-Signature-256` as Meta makes it: keyed by the secret's text, so that a receiver that verified Meta's webhooks
 * gives the secret to its verifier as it stands.
 */
export const hubSignature = (secret: string, body: Buffer): string =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

const keyOf = (secret: string): Buffer => Buffer.from(secret.slice(PREFIX.length), 'base64');
