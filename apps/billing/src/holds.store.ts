import { preparedQuery } from '@gateway/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Pricing } from './domain/pricing';
import type { Settlement } from './domain/settlement';

export interface HoldRequest {
  readonly messageId: string;
  readonly orgId: string;
  readonly appId: string;
  /** Zero: the wallet is only checked. */
  readonly amountMicroUsd: bigint;
  /** Unix milliseconds from which on the dispatcher may be asked about it. */
  readonly askAtMs: number;
}

export interface OpenHold {
  readonly messageId: string;
  readonly orgId: string;
  readonly appId: string;
}

export interface HoldCounts {
  readonly held: number;
  readonly unknown: number;
  /** Unix milliseconds, null without a hold. */
  readonly oldestAtMs: number | null;
}

/** Ids are validated before they come here, so a batch is written as one array literal for each column. */
const array = (values: readonly unknown[]): string => `{${values.join(',')}}`;

/** The wallets of a batch, each once. */
const walletsOf = (rows: readonly { readonly orgId: string }[]): string =>
  array([...new Set(rows.map(({ orgId }) => orgId))]);

/** Holds and their end, a batch with each statement; what the two functions do stands in the migration. */
@Injectable()
export class HoldsStore {
  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  /**
   * Holds what is covered, in order of arrival; a message that is held, was charged or was released before is covered
   * and not counted again.
   *
   * @param requests no message twice
   * @param feeMicroUsd what must be covered of an amount that is held
   * @param timeoutMs after which the statement is given up; it may still be committed
   * @returns indexes of the requests whose wallet does not cover them
   */
  async hold(
    requests: readonly HoldRequest[],
    feeMicroUsd: bigint,
    nowMs: number,
    timeoutMs?: number,
  ): Promise<readonly number[]> {
    if (requests.length === 0) return [];
    const { rows } = await preparedQuery<{ refused: number[] }>(this.dataSource, {
      name: 'hold_messages',
      text: 'select billing.hold_messages($1, $2, $3, $4, $5, $6, $7, $8) as refused',
      values: [
        array(requests.map(({ messageId }) => messageId)),
        array(requests.map(({ orgId }) => orgId)),
        array(requests.map(({ appId }) => appId)),
        array(requests.map(({ amountMicroUsd }) => amountMicroUsd)),
        array(requests.map(({ askAtMs }) => askAtMs)),
        walletsOf(requests),
        feeMicroUsd.toString(),
        nowMs,
      ],
      ...(timeoutMs !== undefined && { timeoutMs }),
    });
    return (rows[0]?.refused ?? []).map((position) => position - 1);
  }

  /**
   * Charges and releases, each at most once for a message however often it is told.
   *
   * @param settlements no message twice
   * @returns how many were charged now, and how many holds ended
   */
  async settle(
    settlements: readonly Settlement[],
    feeMicroUsd: bigint,
    nowMs: number,
  ): Promise<{ charged: number; ended: number }> {
    if (settlements.length === 0) return { charged: 0, ended: 0 };
    const { rows } = await preparedQuery<{ charged: number; ended: number }>(this.dataSource, {
      name: 'settle_accepted_messages',
      text: 'select charged, ended from billing.settle_accepted_messages($1, $2, $3, $4, $5, $6, $7)',
      values: [
        array(settlements.map(({ messageId }) => messageId)),
        array(settlements.map(({ orgId }) => orgId)),
        array(settlements.map(({ appId }) => appId)),
        array(settlements.map(({ action }) => action)),
        walletsOf(settlements),
        feeMicroUsd.toString(),
        nowMs,
      ],
    });
    return rows[0] ?? { charged: 0, ended: 0 };
  }

  /**
   * Charges Meta's fee where one is due, at most once for a message however often it is told, and ends what was held
   * for it.
   *
   * @param pricings no message twice
   * @param feeMicroUsd what stays held of a message whose outcome is not told yet
   */
  async price(
    pricings: readonly Pricing[],
    feeMicroUsd: bigint,
    nowMs: number,
  ): Promise<{ charged: number; ended: number }> {
    if (pricings.length === 0) return { charged: 0, ended: 0 };
    const { rows } = await preparedQuery<{ charged: number; ended: number }>(this.dataSource, {
      name: 'price_messages',
      text: 'select charged, ended from billing.price_messages($1, $2, $3, $4, $5, $6, $7, $8)',
      values: [
        array(pricings.map(({ messageId }) => messageId)),
        array(pricings.map(({ orgId }) => orgId)),
        array(pricings.map(({ appId }) => appId)),
        array(pricings.map(({ category }) => category)),
        array(pricings.map(({ fee }) => fee?.amountMicroUsd ?? 0n)),
        walletsOf(pricings),
        feeMicroUsd.toString(),
        nowMs,
      ],
    });
    return rows[0] ?? { charged: 0, ended: 0 };
  }

  /** Ends what was held for Meta's fee at that time or before; returns how many, fewer than `countMax` means all. */
  async expireMetaHolds(timeMs: number, countMax: number): Promise<number> {
    const { rows } = await preparedQuery<{ ended: number }>(this.dataSource, {
      name: 'expire_meta_holds',
      text: 'select billing.expire_meta_holds($1, $2) as ended',
      values: [timeMs, countMax],
    });
    return rows[0]?.ended ?? 0;
  }

  /**
   * Takes holds that the dispatcher is to be asked about. They are this instance's until the lease is over, and due
   * again then, unless their outcome has come.
   */
  async claimDue(nowMs: number, leaseMs: number, countMax: number): Promise<OpenHold[]> {
    const { rows } = await preparedQuery<OpenHold>(this.dataSource, {
      name: 'claim_due_holds',
      text: `
        update billing.holds h set ask_at = to_timestamp(($1::bigint + $2::bigint) / 1000.0)
        from (
          select message_id from billing.holds
          where ask_at <= to_timestamp($1::bigint / 1000.0) and unknown_since is null
          order by ask_at limit $3 for update skip locked
        ) due
        where h.message_id = due.message_id
        returning h.message_id as "messageId", h.org_id as "orgId", h.app_id as "appId"`,
      values: [nowMs, leaseMs, countMax],
    });
    return rows;
  }

  /** Holds whose outcome was found to be unknown at that time or before. */
  async unknownSince(timeMs: number, countMax: number): Promise<OpenHold[]> {
    const { rows } = await preparedQuery<OpenHold>(this.dataSource, {
      name: 'unknown_holds',
      text: `
        select message_id as "messageId", org_id as "orgId", app_id as "appId" from billing.holds
        where unknown_since <= to_timestamp($1::bigint / 1000.0)
        order by unknown_since limit $2`,
      values: [timeMs, countMax],
    });
    return rows;
  }

  async count(): Promise<HoldCounts> {
    const { rows } = await preparedQuery<HoldCounts>(this.dataSource, {
      name: 'count_holds',
      text: `
        select (count(*) filter (where unknown_since is null))::integer as held,
          count(unknown_since)::integer as unknown,
          (extract(epoch from min(held_at)) * 1000)::float8 as "oldestAtMs"
        from billing.holds`,
      values: [],
    });
    return rows[0] ?? { held: 0, unknown: 0, oldestAtMs: null };
  }

  /**
   * Forgets that holds were released. Within its time to live a message is not held a second time because of these
   * rows; after it every copy is late, and takes no hold anyway.
   *
   * @returns how many rows are gone; fewer than `countMax` means that all are
   */
  async forgetReleased(keptMs: number, countMax: number): Promise<number> {
    const { rowCount } = await preparedQuery(this.dataSource, {
      name: 'forget_released_holds',
      text: `
        delete from billing.released_holds where message_id in (
          select message_id from billing.released_holds
          where released_at < now() - $1::bigint * interval '1 millisecond'
          order by released_at limit $2 for update skip locked)`,
      values: [keptMs, countMax],
    });
    return rowCount;
  }
}
