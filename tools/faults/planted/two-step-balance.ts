import type { DataSource } from 'typeorm';
import { HoldsStore } from '../../../apps/billing/src/holds.store';
import { gap, plant } from './plant';

const LEDGER = `
  insert into billing.ledger_transactions (transaction_id, org_id, amount_micro_usd, kind, account)
  select m, o, -$3::bigint, 'infrastructure_fee', 'infrastructure_revenue'
  from unnest($1::uuid[], $2::uuid[]) as c(m, o)
  on conflict do nothing returning org_id`;

const BALANCE =
  'update billing.wallets set balance_micro_usd = balance_micro_usd - $2::bigint where org_id = $1';

plant(
  HoldsStore.prototype,
  'settle',
  (settle) =>
    async function (this: HoldsStore, settlements, feeMicroUsd, nowMs) {
      const { dataSource } = this as unknown as { readonly dataSource: DataSource };
      const charges = settlements.filter(({ action }) => action.startsWith('charge'));
      const messageIds = charges.map(({ messageId }) => messageId);
      const orgIds = charges.map(({ orgId }) => orgId);
      const fee = feeMicroUsd.toString();
      const entered = await dataSource.query<{ org_id: string }[]>(LEDGER, [
        messageIds,
        orgIds,
        fee,
      ]);
      await gap();
      for (const { org_id: orgId } of entered) await dataSource.query(BALANCE, [orgId, fee]);
      return settle.call(this, settlements, feeMicroUsd, nowMs);
    },
);

// In its place: what stands above is done before the service starts.
import '../../../apps/billing/src/main';
