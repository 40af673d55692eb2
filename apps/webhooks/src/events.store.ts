import { preparedQuery } from '@gateway/platform';
import type { DataSource } from 'typeorm';
import type { Claim } from './jobs.store';

/** An event as it belongs to one application. */
export interface AcceptableEvent {
  /** Of application and Meta's ids. */
  readonly id: string;
  /** The time inside the event, by which it is partitioned; Unix milliseconds. */
  readonly atMs: number;
  /** Whether that time is a stand-in, so that the partition does not keep the id unique. */
  readonly isStrange: boolean;
  readonly appId: string;
  readonly orgId: string;
  readonly event: string;
  readonly orderKey: string;
  readonly messageId: string | null;
  readonly payload: Buffer;
}

/** What became of an event that was new; without an endpoint that wants it there is no delivery. */
export interface AcceptedEvent {
  readonly index: number;
  readonly delivery: {
    readonly deliveryId: string;
    readonly endpointId: string;
    readonly revision: number;
    /** Taken by the caller, to be sent at once. */
    readonly isClaimed: boolean;
    readonly isHeld: boolean;
  } | null;
}

/** An event of a number that no application has. */
export interface UnmatchedEvent {
  readonly id: string;
  readonly atMs: number;
  readonly wabaId: string;
  readonly phoneNumberId: string | null;
  readonly payload: Buffer;
  /** When the broker got it, Unix milliseconds. */
  readonly stampMs: number;
}

interface AcceptedRow {
  position: number;
  deliveryId: string | null;
  endpointId: string;
  revision: number;
  isClaimed: boolean;
  isHeld: boolean;
}

/** Events in: each once, with its delivery, a batch with one statement. */
export class EventsStore {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * @param events in order of arrival, no id twice
   * @param mayClaim for each event, whether there is room to send it at once
   * @returns the new ones, in order
   */
  async accept(
    events: readonly AcceptableEvent[],
    mayClaim: readonly boolean[],
    claim: Claim,
  ): Promise<AcceptedEvent[]> {
    if (events.length === 0) return [];
    const { rows } = await preparedQuery<AcceptedRow>(this.dataSource, {
      name: 'accept_events',
      text: `select * from webhooks.accept_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
      values: [
        events.map(({ id }) => id),
        events.map(({ atMs }) => new Date(atMs)),
        events.map(({ appId }) => appId),
        events.map(({ orgId }) => orgId),
        events.map(({ event }) => event),
        events.map(({ orderKey }) => orderKey),
        events.map(({ messageId }) => messageId),
        events.map(({ isStrange }) => isStrange),
        mayClaim,
        Buffer.concat(events.map(({ payload }) => payload)),
        events.map(({ payload }) => payload.length),
        claim.owner,
        claim.claimId,
        claim.leaseMs,
      ],
    });
    return rows.map(({ position, deliveryId, ...delivery }) => ({
      index: position - 1,
      delivery: deliveryId === null ? null : { deliveryId, ...delivery },
    }));
  }

  /** Keeps events until their number has an application. */
  async keepUnmatched(events: readonly UnmatchedEvent[]): Promise<number> {
    if (events.length === 0) return 0;
    const { rowCount } = await preparedQuery(this.dataSource, {
      name: 'keep_unmatched',
      text: `
        insert into unmatched_events (id, at, waba_id, phone_number_id, payload, stamp)
        select id, at, waba_id, phone_number_id, payload, stamp
        from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::bytea[], $6::timestamptz[])
          with ordinality as e(id, at, waba_id, phone_number_id, payload, stamp, n)
        order by n on conflict do nothing`,
      values: [
        events.map(({ id }) => id),
        events.map(({ atMs }) => new Date(atMs)),
        events.map(({ wabaId }) => wabaId),
        events.map(({ phoneNumberId }) => phoneNumberId),
        events.map(({ payload }) => payload),
        events.map(({ stampMs }) => new Date(stampMs)),
      ],
    });
    return rowCount;
  }

  /** Numbers, or accounts, of which events are kept. */
  async unmatchedNumbers(
    countMax: number,
  ): Promise<{ wabaId: string; phoneNumberId: string | null }[]> {
    const { rows } = await preparedQuery<{ wabaId: string; phoneNumberId: string | null }>(
      this.dataSource,
      {
        name: 'unmatched_numbers',
        text: `
          select distinct waba_id as "wabaId", phone_number_id as "phoneNumberId"
          from unmatched_events limit $1`,
        values: [countMax],
      },
    );
    return rows;
  }

  /** Kept events of one number, in order of arrival. */
  async unmatchedOf(
    wabaId: string,
    phoneNumberId: string | null,
    countMax: number,
  ): Promise<UnmatchedEvent[]> {
    const { rows } = await preparedQuery<{ id: string; at: Date; payload: Buffer; stamp: Date }>(
      this.dataSource,
      {
        name: 'unmatched_of',
        text: `
          select id, at, payload, stamp from unmatched_events
          where waba_id = $1 and phone_number_id is not distinct from $2 order by seq limit $3`,
        values: [wabaId, phoneNumberId, countMax],
      },
    );
    return rows.map(({ id, at, payload, stamp }) => ({
      id,
      atMs: at.getTime(),
      wabaId,
      phoneNumberId,
      payload,
      stampMs: stamp.getTime(),
    }));
  }

  async forgetUnmatched(events: readonly UnmatchedEvent[]): Promise<void> {
    await preparedQuery(this.dataSource, {
      name: 'forget_unmatched',
      text: `
        delete from unmatched_events u using unnest($1::uuid[], $2::timestamptz[]) as e(id, at)
        where u.id = e.id and u.at = e.at`,
      values: [events.map(({ id }) => id), events.map(({ atMs }) => new Date(atMs))],
    });
  }
}
