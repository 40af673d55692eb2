import { AppError } from '@gateway/errors';
import { isJsonContentType } from './content-type';
import { Findings, type JsonObject } from './findings';
import { isTooDeep, NESTING_LEVELS_MAX, replaceTopLevelValue } from './json-body';
import { checkMessage, type MessageFacts } from './message-rules';
import { checkIdempotencyKey, checkMmlite, sendFlags, type SendFlags } from './queries';

/** A send as it came over HTTP. */
export interface RawSend {
  /** The exact bytes of the body. */
  readonly body: Buffer;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly query: JsonObject;
  readonly idempotencyKey: string | undefined;
}

/** A send that is well formed. */
export interface SendRequest {
  /** The bytes that travel: the caller's own, or with `to` reduced to its digits. */
  readonly body: Buffer;
  readonly facts: MessageFacts;
  readonly flags: SendFlags;
  readonly idempotencyKey: string | undefined;
}

/** A byte order mark is no JSON, so it is not skipped; bytes that are no UTF-8 throw. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads a send; what is wrong with it is named in full.
 * @throws AppError GW_009 for the content type, GW_002 for what is no JSON object, GW_001, GW_004, GW_003
 */
export function readSendRequest(raw: RawSend): SendRequest {
  const isIdentity = raw.contentEncoding === undefined || raw.contentEncoding === 'identity';
  if (!isJsonContentType(raw.contentType) || !isIdentity) throw new AppError('GW_009');
  const findings = new Findings();
  const flags = sendFlags(findings, raw.query);
  checkIdempotencyKey(findings, raw.idempotencyKey);
  const facts = checkMessage(parseBody(raw.body), findings);
  checkMmlite(findings, flags, facts.type);
  if (findings.fields.length > 0) {
    throw new AppError('GW_003', { params: { fields: findings.fields } });
  }
  return {
    body: facts.isRecipientRewritten
      ? replaceTopLevelValue(raw.body, 'to', JSON.stringify(facts.recipient))
      : raw.body,
    facts,
    flags,
    idempotencyKey: raw.idempotencyKey,
  };
}

function parseBody(body: Buffer): unknown {
  if (isTooDeep(body)) {
    const reason = `must not nest deeper than ${NESTING_LEVELS_MAX} levels`;
    throw new AppError('GW_003', { params: { fields: [{ path: '$', reason }] } });
  }
  try {
    return JSON.parse(utf8.decode(body)) as unknown;
  } catch {
    throw new AppError('GW_002');
  }
}
