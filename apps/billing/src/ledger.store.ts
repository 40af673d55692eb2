import { asTenant } from '@gateway/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

export interface WalletRow {
  readonly orgId: string;
  readonly balanceMicroUsd: bigint;
  readonly heldMicroUsd: bigint;
}

export interface CreditRow {
  /** UUID; a second entry with it changes nothing. */
  readonly transactionId: string;
  readonly orgId: string;
  readonly amountMicroUsd: bigint;
  readonly reason: string;
  /** Who gave it, for the audit log; absent: the gateway itself. */
  readonly actor?: string;
}

/** Entries younger than this may still be uncommitted behind older ones, so the checkpoint stays this far back. */
const CHECKPOINT_BEHIND = "interval '5 minutes'";

const FULL_COUNT_TIMEOUT = '10min';

/** Wallets as their owner sees them, credits, and the proof that balances are the sums of the ledger. */
@Injectable()
export class LedgerStore {
  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  async wallet(orgId: string): Promise<WalletRow | null> {
    const [row] = await asTenant(this.dataSource, orgId, (manager) =>
      manager.query<{ balance: string; held: string }[]>(
        `select balance_micro_usd as balance, held_micro_usd as held
         from billing.wallets where org_id = $1`,
        [orgId],
      ),
    );
    if (!row) return null;
    return { orgId, balanceMicroUsd: BigInt(row.balance), heldMicroUsd: BigInt(row.held) };
  }

  /** What was charged for a message so far. */
  async costOf(orgId: string, messageId: string): Promise<bigint> {
    const [row] = await asTenant(this.dataSource, orgId, (manager) =>
      manager.query<{ cost: string }[]>(
        `select coalesce(-sum(amount_micro_usd), 0)::bigint as cost
         from billing.ledger_transactions where transaction_id = $1 and org_id = $2`,
        [messageId, orgId],
      ),
    );
    return BigInt(row?.cost ?? 0);
  }

  /** Opens wallets with nothing in them; those that exist stay as they are. */
  async openWallets(orgIds: readonly string[]): Promise<void> {
    await this.dataSource.query(
      `insert into billing.wallets (org_id) select unnest($1::uuid[]) order by 1
       on conflict do nothing`,
      [orgIds],
    );
  }

  /**
   * Enters credits and raises their wallets, opening those that are missing, in one statement.
   *
   * @returns the transaction ids that were entered now
   */
  async credit(credits: readonly CreditRow[]): Promise<string[]> {
    return this.creditBy(this.dataSource.manager, credits);
  }

  /** As `credit`, of one organization, which can do nothing to any other. */
  async creditOwn(credit: CreditRow): Promise<string[]> {
    return asTenant(this.dataSource, credit.orgId, (manager) => this.creditBy(manager, [credit]));
  }

  private async creditBy(manager: EntityManager, credits: readonly CreditRow[]): Promise<string[]> {
    const rows = await manager.query<{ transaction_id: string }[]>(
      `with entered as (
         insert into billing.ledger_transactions
           (transaction_id, org_id, amount_micro_usd, kind, account, reason)
         select transaction_id, org_id, amount, 'credit', 'customer_credit', reason
         from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[])
           as c(transaction_id, org_id, amount, reason)
         order by org_id, transaction_id
         on conflict do nothing
         returning transaction_id, org_id, amount_micro_usd
       ), raised as (
         insert into billing.wallets as w (org_id, balance_micro_usd)
         select org_id, sum(amount_micro_usd)::bigint from entered group by org_id order by org_id
         on conflict (org_id)
           do update set balance_micro_usd = w.balance_micro_usd + excluded.balance_micro_usd
       ), audited as (
         insert into billing.audit_log (org_id, actor, action, details)
         select c.org_id, c.actor, 'wallet.credit', jsonb_build_object('transactionId', c.transaction_id,
           'amountMicroUsd', c.amount::text, 'reason', c.reason)
         from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[])
           as c(transaction_id, org_id, amount, reason, actor)
         where c.actor is not null and c.transaction_id in (select transaction_id from entered)
       )
       select transaction_id from entered`,
      [
        credits.map(({ transactionId }) => transactionId),
        credits.map(({ orgId }) => orgId),
        credits.map(({ amountMicroUsd }) => amountMicroUsd.toString()),
        credits.map(({ reason }) => reason),
        credits.map(({ actor }) => actor ?? null),
      ],
    );
    return rows.map((row) => row.transaction_id);
  }

  /** The amount of a credit that was entered before, null when there is none. */
  async creditedAmount(transactionId: string): Promise<bigint | null> {
    const rows = await this.dataSource.query<{ amount: string }[]>(
      `select amount_micro_usd as amount from billing.ledger_transactions
       where transaction_id = $1 and kind = 'credit'`,
      [transactionId],
    );
    return rows[0] ? BigInt(rows[0].amount) : null;
  }

  /**
   * How far wallets are off their ledger entries, in micro-dollars over all wallets; anything but zero is a defect.
   * Reads the whole ledger.
   */
  async fullImbalance(): Promise<bigint> {
    return this.dataSource.transaction(async (manager) => {
      // Of tens of millions of entries it takes longer than any other statement may.
      await manager.query(`set local statement_timeout = '${FULL_COUNT_TIMEOUT}'`);
      const rows = await manager.query<{ value: string }[]>(`
        select coalesce(sum(abs(coalesce(w.balance_micro_usd, 0) - coalesce(l.amount, 0))), 0) as value
        from billing.wallets w full join (
          select org_id, sum(amount_micro_usd) as amount from billing.ledger_entries
          where account = 'wallet' group by org_id
        ) l using (org_id)`);
      return BigInt(rows[0]?.value ?? 0);
    });
  }

  /** How far what wallets hold is off their open holds, in micro-dollars over all wallets. */
  async heldImbalance(): Promise<bigint> {
    return this.number(`
      select coalesce(sum(abs(coalesce(w.held_micro_usd, 0) - coalesce(h.amount, 0))), 0) as value
      from (select org_id, held_micro_usd from billing.wallets where held_micro_usd <> 0) w
      full join (
        select org_id, sum(amount_micro_usd) as amount
        from (table billing.meta_holds union all
          select message_id, org_id, amount_micro_usd, held_at from billing.holds) held group by org_id) h
      using (org_id)`);
  }

  /** The sum over the entries of all accounts, which is zero: what a wallet loses, an account of the house gains. */
  async entriesTotal(): Promise<bigint> {
    return this.number(
      'select coalesce(sum(amount_micro_usd), 0) as value from billing.ledger_entries',
    );
  }

  /** Where the checkpoint stands, and whether the whole ledger is due to be counted again. */
  async checkpoint(): Promise<{ through: string; isRecountDue: boolean }> {
    const rows = await this.dataSource.query<{ through: string; isRecountDue: boolean }[]>(
      `select through::text, recounted_at < now() - interval '1 day' as "isRecountDue"
       from billing.ledger_checkpoint_state`,
    );
    return rows[0] ?? { through: '-infinity', isRecountDue: true };
  }

  /**
   * As `fullImbalance`, reading only the entries since the checkpoint. The time is a parameter, not a subquery, so that
   * the planner sees how few they are.
   *
   * @returns null when the checkpoint was moved meanwhile
   */
  async imbalanceSince(through: string): Promise<bigint | null> {
    const rows = await this.dataSource.query<{ value: string; isMoved: boolean }[]>(
      `select coalesce(sum(abs(coalesce(w.balance_micro_usd, 0)
           - coalesce(c.amount_micro_usd, 0) - coalesce(l.amount, 0))), 0) as value,
         (select s.through <> $1::timestamptz from billing.ledger_checkpoint_state s) as "isMoved"
       from billing.wallets w
       full join billing.ledger_checkpoints c using (org_id)
       full join (
         select org_id, sum(amount_micro_usd) as amount from billing.ledger_transactions
         where created_at >= $1::timestamptz group by org_id
       ) l using (org_id)`,
      [through],
    );
    const [row] = rows;
    return !row || row.isMoved ? null : BigInt(row.value);
  }

  /** Moves the checkpoint on; nothing happens when another instance has moved it from there. */
  async advanceCheckpoint(through: string): Promise<void> {
    await this.dataSource.query(
      `with moved as (
         update billing.ledger_checkpoint_state set through = now() - ${CHECKPOINT_BEHIND}
         where through = $1::timestamptz and through < now() - ${CHECKPOINT_BEHIND}
         returning through
       )
       insert into billing.ledger_checkpoints as c (org_id, amount_micro_usd)
       select org_id, sum(amount_micro_usd)::bigint from billing.ledger_transactions
       where exists (select from moved)
         and created_at >= $1::timestamptz and created_at < now() - ${CHECKPOINT_BEHIND}
       group by org_id order by org_id
       on conflict (org_id)
         do update set amount_micro_usd = c.amount_micro_usd + excluded.amount_micro_usd`,
      [through],
    );
  }

  /** Notes that the whole ledger was counted; a checkpoint that disagreed with it starts again from nothing. */
  async recounted(isCheckpointWrong: boolean): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.query(
        `update billing.ledger_checkpoint_state set recounted_at = now(),
           through = case when $1::boolean then '-infinity' else through end`,
        [isCheckpointWrong],
      );
      if (isCheckpointWrong) await manager.query('delete from billing.ledger_checkpoints');
    });
  }

  private async number(sql: string): Promise<bigint> {
    const rows = await this.dataSource.query<{ value: string }[]>(sql);
    return BigInt(rows[0]?.value ?? 0);
  }
}
