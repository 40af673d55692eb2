import { asciiJson } from './domain/ascii-json';
import {
  hubSignature,
  secretsInForce,
  webhookSignature,
  type SigningSecret,
} from './domain/signature';
import { sendableHeaders } from './domain/webhook-headers';

/** An endpoint with its secrets opened, for as long as a request is made. */
export interface OpenedEndpoint {
  readonly url: string;
  readonly bearerSecret: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly hubSignature: boolean;
  /** Newest first. */
  readonly signingSecrets: readonly SigningSecret[];
}

export interface DeliveryRequestInput {
  readonly endpoint: OpenedEndpoint;
  /** The same on every attempt of a delivery. */
  readonly webhookId: string;
  /** Unix seconds of this attempt. */
  readonly timestampS: number;
  /** JSON in UTF-8, as it came from Meta. */
  readonly payload: Buffer;
  /** UUID of the message that a status belongs to. */
  readonly messageId: string | null;
  readonly nowMs: number;
}

/**
 * One attempt as it goes out: the body is made once, and the signature is over the very bytes that are sent. The
 * gateway's own headers are written last, so that no custom one stands in their place; an `Authorization` among the
 * custom ones alone replaces the Bearer line.
 */
export function deliveryRequest(input: DeliveryRequestInput): {
  url: string;
  headers: Record<string, string>;
  body: Buffer;
} {
  const { endpoint, webhookId, timestampS, payload, messageId, nowMs } = input;
  const body = asciiJson(payload);
  const custom = sendableHeaders(endpoint.headers);
  const hasAuthorization = custom.some(([name]) => name.toLowerCase() === 'authorization');
  const secrets = secretsInForce(endpoint.signingSecrets, nowMs);
  const [newest] = secrets;
  return {
    url: endpoint.url,
    headers: {
      ...Object.fromEntries(custom),
      ...(!hasAuthorization && { authorization: `Bearer ${endpoint.bearerSecret}` }),
      'content-type': 'application/json',
      'webhook-id': webhookId,
      'webhook-timestamp': String(timestampS),
      'webhook-signature': webhookSignature(secrets, webhookId, timestampS, body),
      ...(endpoint.hubSignature &&
        newest && { 'x-hub-signature-256': hubSignature(newest.secret, body) }),
      ...(messageId !== null && { 'x-message-id': `msg_${messageId}` }),
    },
    body,
  };
}
