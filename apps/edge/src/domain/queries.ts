import type { RequestType } from '@gateway/contracts';
import type { Findings, JsonObject } from './findings';

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,128}$/;

export interface SendFlags {
  readonly isFake: boolean;
  readonly isMmlite: boolean;
}

/** The queries of a send; a value that is neither `true` nor `false` is a finding. */
export function sendFlags(findings: Findings, query: JsonObject): SendFlags {
  return {
    isFake: flag(findings, 'is_fake', query.is_fake),
    isMmlite: flag(findings, 'mmlite', query.mmlite),
  };
}

/** Meta's endpoint for marketing messages takes templates alone; their category is known at Meta. */
export function checkMmlite(findings: Findings, { isMmlite }: SendFlags, type: RequestType): void {
  if (isMmlite && type !== 'template') findings.add('mmlite', 'is for templates only');
}

/** `Idempotency-Key`: 1 to 128 visible ASCII characters. */
export function checkIdempotencyKey(findings: Findings, header: string | undefined): void {
  if (header !== undefined && !IDEMPOTENCY_KEY.test(header)) {
    findings.add('Idempotency-Key', 'must be 1 to 128 visible ASCII characters');
  }
}

function flag(findings: Findings, name: string, value: unknown): boolean {
  if (value === undefined || value === 'false') return false;
  if (value !== 'true') findings.add(name, 'must be true or false');
  return true;
}
