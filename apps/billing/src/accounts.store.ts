import type { BillingAccount, LedgerEntryRecord, LedgerKind } from '@gateway/contracts';
import { asTenant } from '@gateway/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

export interface EntriesQuery {
  readonly orgId: string;
  readonly pageNumber: number;
  readonly pageSize: number;
  readonly from: Date | null;
  readonly to: Date | null;
  readonly kind: LedgerKind | null;
}

interface EntryColumns {
  id: string;
  kind: LedgerKind;
  amount: string;
  reason: string | null;
  created_at: Date;
}

const OF_ORGANIZATION = `org_id = $1
  and ($2::timestamptz is null or created_at >= $2)
  and ($3::timestamptz is null or created_at < $3)
  and ($4::text is null or kind::text = $4)`;

/** What an organization sees and says of its account. */
@Injectable()
export class AccountsStore {
  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  /** A page of the ledger, newest first, and how many entries there are in all. */
  async entries(
    query: EntriesQuery,
  ): Promise<{ entries: LedgerEntryRecord[]; totalCount: number }> {
    const { orgId, from, to, kind, pageNumber, pageSize } = query;
    const which = [orgId, from, to, kind];
    return asTenant(this.dataSource, orgId, async (manager) => {
      const rows = await manager.query<EntryColumns[]>(
        `select transaction_id as id, kind, amount_micro_usd as amount, reason, created_at
       from billing.ledger_transactions where ${OF_ORGANIZATION}
       order by created_at desc, transaction_id desc, kind limit $5 offset $6`,
        [...which, pageSize, (pageNumber - 1) * pageSize],
      );
      const [count] = await manager.query<{ count: string }[]>(
        `select count(*) from billing.ledger_transactions where ${OF_ORGANIZATION}`,
        which,
      );
      return { entries: rows.map(entryRecord), totalCount: Number(count?.count ?? 0) };
    });
  }

  async credit(orgId: string, transactionId: string): Promise<LedgerEntryRecord | null> {
    const [row] = await asTenant(this.dataSource, orgId, (manager) =>
      manager.query<EntryColumns[]>(
        `select transaction_id as id, kind, amount_micro_usd as amount, reason, created_at
       from billing.ledger_transactions where transaction_id = $1 and kind = 'credit'`,
        [transactionId],
      ),
    );
    return row ? entryRecord(row) : null;
  }

  async account(orgId: string): Promise<BillingAccount | null> {
    const [row] = await asTenant(this.dataSource, orgId, (manager) =>
      manager.query<{ details: BillingAccount }[]>(
        'select details from billing.accounts where org_id = $1',
        [orgId],
      ),
    );
    return row?.details ?? null;
  }

  /** Writes the account and who changed it, in one statement; what is the same already is left alone. */
  async putAccount(orgId: string, account: BillingAccount, actor: string): Promise<void> {
    await asTenant(this.dataSource, orgId, (manager) =>
      manager.query(
        `with written as (
         insert into billing.accounts as a (org_id, details) values ($1, $2::jsonb)
         on conflict (org_id) do update set details = excluded.details, updated_at = now()
         where a.details <> excluded.details
         returning org_id
       )
       insert into billing.audit_log (org_id, actor, action, details)
       select org_id, $3, 'account.put', '{}' from written`,
        [orgId, JSON.stringify(account), actor],
      ),
    );
  }
}

const entryRecord = ({ id, kind, amount, reason, created_at: at }: EntryColumns) => ({
  id,
  kind,
  amountMicroUsd: amount,
  reason,
  createdAt: at.toISOString(),
});
