import type { Client } from 'pg';
import { acceptedSends } from './gateway-client';
import type { GatewayProcess } from './gateway-process';
import type { Operation } from './load-driver';

interface Check {
  readonly gateway: GatewayProcess;
  readonly database: Client;
  readonly operations: readonly Operation[];
  /** The organization that sent them, and nothing else. */
  readonly orgId: string;
  /** What every marker begins with. */
  readonly name: string;
}

interface Facts {
  /** How often each marker reached the simulator. */
  readonly sends: ReadonlyMap<string, number>;
  /** State of each message by its id. */
  readonly states: ReadonlyMap<string, string>;
  /** Messages that were charged, by id. */
  readonly charged: ReadonlySet<string>;
}

const QUIET_TIMEOUT_MS = 60_000;

/** Everything that broke a promise of the send path, in words; empty when all were kept. */
export async function violations(check: Check): Promise<string[]> {
  await quiet(check);
  const facts = await factsOf(check);
  return [
    ...sendViolations(check, facts),
    ...chargeViolations(check, facts),
    ...(await moneyViolations(check, facts)),
  ];
}

/** Waits until every message of the organization has ended and its money with it. */
async function quiet({ database, orgId }: Check): Promise<void> {
  const until = Date.now() + QUIET_TIMEOUT_MS;
  for (;;) {
    const { rows } = await database.query<{ open: string }>(
      `select (select count(*) from dispatcher.messages where org_id = $1 and state = 'sending')
            + (select count(*) from billing.holds where org_id = $1 and unknown_since is null) as open`,
      [orgId],
    );
    if (rows[0]?.open === '0') return;
    if (Date.now() > until) throw new Error(`${rows[0]?.open} messages or holds are still open`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function factsOf({ gateway, database, orgId, name }: Check): Promise<Facts> {
  const sends = new Map<string, number>();
  for (const { body } of await acceptedSends(gateway.simulatorUrl)) {
    const marker = (body as { text?: { body?: string } }).text?.body ?? '';
    if (marker.startsWith(name)) sends.set(marker, (sends.get(marker) ?? 0) + 1);
  }
  const messages = await database.query<{ id: string; state: string }>(
    'select id, state from dispatcher.messages where org_id = $1',
    [orgId],
  );
  const charges = await database.query<{ id: string }>(
    `select transaction_id as id from billing.ledger_transactions
     where org_id = $1 and kind = 'infrastructure_fee'`,
    [orgId],
  );
  return {
    sends,
    states: new Map(messages.rows.map(({ id, state }) => [id, state])),
    charged: new Set(charges.rows.map(({ id }) => id)),
  };
}

function sendViolations({ operations }: Check, { sends, states }: Facts): string[] {
  const twice = [...sends].filter(([, count]) => count > 1);
  return [
    ...twice.map(([marker, count]) => `${marker} reached Meta ${count} times`),
    ...operations
      .filter(({ status, marker }) => status === 200 && sends.get(marker) !== 1)
      .map(
        ({ marker }) =>
          `${marker} was answered 200 and reached Meta ${sends.get(marker) ?? 0} times`,
      ),
    ...operations
      .filter(({ code, marker }) => code === 'GW_008' && sends.has(marker))
      .map(({ marker }) => `${marker} was answered GW_008 and reached Meta`),
    ...[...states].filter(([, state]) => state === 'sending').map(([id]) => `${id} never ended`),
  ];
}

/** Whether Meta accepted a message, whatever became of it since. */
const isAccepted = (state: string | undefined): boolean =>
  ['accepted', 'sent', 'delivered', 'read', 'failed'].includes(state ?? '');

function chargeViolations({ operations }: Check, { states, charged }: Facts): string[] {
  const idOf = ({ messageId }: Operation): string => (messageId ?? '').replace(/^msg_/, '');
  return [
    ...operations
      .filter((operation) => operation.status === 200 && !charged.has(idOf(operation)))
      .map(({ marker }) => `${marker} was answered 200 and not charged`),
    ...[...charged]
      .filter((id) => !isAccepted(states.get(id)))
      .map((id) => `${id} was charged and ended ${states.get(id) ?? 'nowhere'}`),
    ...[...states]
      .filter(([id, state]) => isAccepted(state) && !charged.has(id))
      .map(([id]) => `${id} was accepted and not charged`),
  ];
}

async function moneyViolations({ database, orgId }: Check, { charged }: Facts): Promise<string[]> {
  const { rows } = await database.query<{ wallet: string; ledger: string; all: string }>(
    `select w.balance_micro_usd as wallet,
       (select sum(amount_micro_usd) from billing.ledger_transactions l where l.org_id = w.org_id) as ledger,
       (select sum(amount_micro_usd) from billing.ledger_entries) as all
     from billing.wallets w where w.org_id = $1`,
    [orgId],
  );
  const [row] = rows;
  const credits = await database.query<{ credited: string; fees: string }>(
    `select coalesce(sum(amount_micro_usd) filter (where kind = 'credit'), 0) as credited,
       coalesce(sum(amount_micro_usd) filter (where kind <> 'credit'), 0) as fees
     from billing.ledger_transactions where org_id = $1`,
    [orgId],
  );
  const fees = BigInt(credits.rows[0]?.fees ?? '0');
  return [
    ...(row?.wallet === row?.ledger
      ? []
      : [`the wallet has ${row?.wallet}, its ledger ${row?.ledger}`]),
    ...(row?.all === '0' ? [] : [`all entries sum to ${row?.all}`]),
    ...(fees === -1_000n * BigInt(charged.size) ? [] : [`${charged.size} charges took ${fees}`]),
  ];
}

/** A call to Meta takes no longer than this while nothing is wrong; the machine may be busy. */
const CALL_MS_MAX = 5_000;

/** Messages of unknown outcome that were under way at none of these moments (Unix milliseconds). */
export async function unknownWithoutFault(
  { database, orgId }: Pick<Check, 'database' | 'orgId'>,
  faultsMs: readonly number[],
): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>(
    `select id from dispatcher.messages where org_id = $1 and state = 'unknown'`,
    [orgId],
  );
  return rows
    .map(({ id }) => id)
    .filter((id) => {
      const submittedMs = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
      return !faultsMs.some(
        (faultMs) => submittedMs <= faultMs && faultMs - submittedMs < CALL_MS_MAX,
      );
    })
    .map((id) => `${id} is unknown, and nothing happened to its call`);
}
