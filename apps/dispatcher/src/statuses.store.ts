import type { MessageState } from '@gateway/contracts';
import { preparedQuery, type Statements } from '@gateway/platform';
import type { DataSource } from 'typeorm';
import { RISING_STATES, type DeliveryState } from './domain/message-state';
import type { StatusReport } from './domain/status-report';
import { NO_META_ERROR } from './domain/verdict';
import { FAKE } from './messages.store';
import * as sql from './statuses.sql';

/** The message that a status belongs to. */
export interface StatusMatch {
  readonly report: StatusReport;
  readonly messageId: string;
  readonly appId: string;
  readonly orgId: string;
  readonly type: string | null;
  readonly isFake: boolean;
  /** Before the status was applied. */
  readonly state: MessageState;
  /** Whether Meta's own answer to the call is stored: then the money was settled by the one who stored it. */
  readonly isAnswered: boolean;
}

/** A row of a message's timeline. */
export interface StoredStatus {
  readonly messageId: string;
  readonly status: DeliveryState;
  readonly atMs: number;
  readonly receivedAtMs: number;
  /** JSON text: `params` of the error. */
  readonly errorParams: string | null;
}

interface StatusColumns {
  message_id: string;
  status: DeliveryState;
  at: Date;
  received_at: Date;
  error_params: string | null;
}

/** What Meta reports of messages; every statement is one for a whole batch. */
export class StatusesStore {
  constructor(private readonly database: DataSource) {}

  /**
   * Applies the reports that find their message; applied again, or in another order, the result is the same.
   *
   * @returns the matches; what is not among them was sent elsewhere, or is not stored yet
   */
  async apply(reports: readonly StatusReport[], nowMs: number): Promise<StatusMatch[]> {
    if (reports.length === 0) return [];
    const { rows } = await preparedQuery<sql.MatchColumns>(this.database, {
      name: 'statuses_apply',
      text: sql.APPLY,
      values: [
        reports.map(({ messageId }) => messageId),
        reports.map(({ wamid }) => wamid),
        reports.map(({ phoneNumberId }) => phoneNumberId),
        reports.map(({ status }) => status),
        reports.map(({ atMs }) => new Date(atMs)),
        reports.map(errorParamsOf),
        RISING_STATES,
        new Date(nowMs),
      ],
    });
    return rows.flatMap((row) => {
      const report = reports[Number(row.position) - 1];
      return report ? [matchOf(report, row)] : [];
    });
  }

  /** Timelines, in order of the states. */
  async of(messageIds: readonly string[], on: Statements = this.database): Promise<StoredStatus[]> {
    const { rows } = await preparedQuery<StatusColumns>(on, {
      name: 'statuses_of',
      text: sql.FIND_OF,
      values: [messageIds],
    });
    return rows
      .map((row) => ({
        messageId: row.message_id,
        status: row.status,
        atMs: row.at.getTime(),
        receivedAtMs: row.received_at.getTime(),
        errorParams: row.error_params,
      }))
      .sort((a, b) => RISING_STATES.indexOf(a.status) - RISING_STATES.indexOf(b.status));
  }
}

const errorParamsOf = ({ error, status }: StatusReport): string | null =>
  status === 'failed' ? JSON.stringify({ retryable: false, meta: error ?? NO_META_ERROR }) : null;

const matchOf = (report: StatusReport, row: sql.MatchColumns): StatusMatch => ({
  report,
  messageId: row.id,
  appId: row.app_id,
  orgId: row.org_id,
  type: row.type,
  isFake: (row.flags & FAKE) !== 0,
  state: row.state,
  isAnswered: row.is_answered,
});
