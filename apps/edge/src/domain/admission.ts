import type { ApplicationContext, KeyContext } from '@gateway/contracts';
import { AppError } from '@gateway/errors';

/** Who sends: the key and its application, as the edge knows them. */
export interface Caller {
  readonly key: KeyContext;
  readonly application: ApplicationContext;
  /** For how long auth was asked about the key, which is a part of the time that the request has; absent: it was not. */
  readonly lookupMs?: number;
}

/** @throws AppError AUTH_001 when the key is revoked or expired at `nowMs` (Unix milliseconds) */
export function checkKeyInForce(key: KeyContext, nowMs: number): void {
  if (!key.isActive || (key.expiresAtMs !== null && key.expiresAtMs <= nowMs)) {
    throw new AppError('AUTH_001');
  }
}

interface RealSend {
  readonly isFake: boolean;
  /** Digits; null for mark-as-read. */
  readonly recipient: string | null;
  /** Keyed hash of a number, as auth publishes those of the registered test numbers. */
  readonly hashNumber: (digits: string) => string;
}

/**
 * Whether this caller may send this for real; fakes always pass (`contract.md` section 2).
 * @throws AppError AUTH_006 for a staging key and a recipient that is no test number, AUTH_007 when the app is not
 * active
 */
export function checkMaySend({ key, application }: Caller, send: RealSend): void {
  if (send.isFake) return;
  if (key.environment === 'staging' && !isTestNumber(application, send)) {
    throw new AppError('AUTH_006');
  }
  if (application.status !== 'ACTIVATED' || application.channel === null) {
    throw new AppError('AUTH_007');
  }
}

function isTestNumber(
  application: ApplicationContext,
  { recipient, hashNumber }: RealSend,
): boolean {
  return recipient !== null && application.testNumberHashes.includes(hashNumber(recipient));
}
