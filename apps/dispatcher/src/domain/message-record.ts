import type {
  MessageRecord,
  MessageState,
  MetaErrorDetails,
  StatusRecord,
} from '@gateway/contracts';
import { CATALOGUE, isErrorCode } from '@gateway/errors';
import { outcomeOf } from './message-state';
import { reasonOf } from './meta-reasons';
import { NO_META_ERROR } from './verdict';

/** What is stored of a message, as far as its customer may see it. */
interface Stored {
  readonly messageId: string;
  readonly wamid: string | null;
  readonly type: string | null;
  readonly state: MessageState;
  readonly isFake: boolean;
  readonly createdAtMs: number;
  /** When its outcome was known. */
  readonly updatedAtMs: number;
  readonly errorCode: string | null;
  readonly errorParams: string | null;
}

interface Reported {
  readonly status: MessageState;
  readonly atMs: number;
  readonly receivedAtMs: number;
  readonly errorParams: string | null;
}

/** @param reported what Meta reported of it, in order of the states */
export function messageRecord(row: Stored, reported: readonly Reported[]): MessageRecord {
  const changedAtMs = reported.map(({ receivedAtMs }) => receivedAtMs);
  return {
    messageId: row.messageId,
    wamid: row.wamid,
    type: row.type ?? 'unknown',
    state: row.state,
    isFake: row.isFake,
    createdAt: iso(row.createdAtMs),
    updatedAt: iso(Math.max(row.updatedAtMs, ...changedAtMs)),
    statuses: [
      { state: 'sending', at: iso(row.createdAtMs) },
      ...outcomeStatus(row),
      ...reported.map(statusRecord),
    ],
    error: errorOf(row),
  };
}

/** Acceptance is known by Meta's answer, or by the first status. */
function outcomeStatus({ state, updatedAtMs }: Stored): StatusRecord[] {
  if (state === 'sending') return [];
  const outcome = outcomeOf(state);
  return [{ state: outcome ?? state, at: iso(updatedAtMs) }];
}

const statusRecord = ({ status, atMs, errorParams }: Reported): StatusRecord => ({
  state: status,
  at: iso(atMs),
  ...(status === 'failed' && { reason: reasonOf(metaErrorOf(errorParams) ?? NO_META_ERROR) }),
});

function errorOf({ errorCode, errorParams }: Stored): MessageRecord['error'] {
  if (errorCode === null || !isErrorCode(errorCode)) return null;
  const meta = metaErrorOf(errorParams);
  return {
    code: errorCode,
    description: CATALOGUE[errorCode].description,
    meta: meta?.code === null ? null : meta,
  };
}

function metaErrorOf(errorParams: string | null): MetaErrorDetails | null {
  const params = errorParams === null ? {} : (JSON.parse(errorParams) as Record<string, unknown>);
  return (params.meta as MetaErrorDetails | undefined) ?? null;
}

const iso = (atMs: number): string => new Date(atMs).toISOString();
