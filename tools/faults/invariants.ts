/** A promise of `design.md` and the statement that finds what broke it; each row it returns is a violation, in words. */
export interface Invariant {
  readonly id: string;
  readonly says: string;
  readonly sql: string;
}

const ACCEPTED = `('accepted', 'sent', 'delivered', 'read', 'failed')`;
/** Messages of the organizations of this run. */
const MESSAGES = 'dispatcher.messages m join faults.senders using (org_id)';
/** The time of a UUIDv7. */
const SUBMITTED_AT = `to_timestamp(('x' || left(replace(m.id::text, '-', ''), 12))::bit(48)::bigint / 1000.0)`;
const FEE_MICRO_USD = 1_000;
/** What a client notes is cut to whole milliseconds. */
const CLOCK_STEP_MS = 1;

/** What is not settled yet; the checks wait until it returns nothing, or until their time is over. */
export const OPEN = `
  select count(*)::int as open from (
    select m.id from ${MESSAGES} where m.state = 'sending'
    union all
    select h.message_id from billing.holds h join faults.senders using (org_id)
      where h.unknown_since is null
    union all
    select m.id from ${MESSAGES}
      where m.state in ${ACCEPTED} and m.type <> 'read' and m.flags & 1 = 0
        and not exists (select from billing.ledger_transactions t
          where t.transaction_id = m.id and t.kind = 'infrastructure_fee')
  ) open`;

/** I6 at one moment, over the wallets of this run: what is wrong, in words. */
export const MONEY = `
  select 'the wallet of ' || w.org_id || ' has ' || w.balance_micro_usd || ', its ledger '
      || coalesce(l.amount, 0) as violation
  from billing.wallets w join faults.senders using (org_id) left join (
    select org_id, sum(amount_micro_usd) as amount from billing.ledger_transactions group by org_id
  ) l using (org_id)
  where w.balance_micro_usd <> coalesce(l.amount, 0)
  union all
  select 'the wallet of ' || w.org_id || ' holds ' || w.held_micro_usd || ', its open holds '
      || coalesce(h.amount, 0)
  from billing.wallets w join faults.senders using (org_id) left join (
    select org_id, sum(amount_micro_usd) as amount from (
      select org_id, amount_micro_usd from billing.holds
      union all select org_id, amount_micro_usd from billing.meta_holds
    ) held group by org_id
  ) h using (org_id)
  where w.held_micro_usd <> coalesce(h.amount, 0)
  union all
  select 'the wallet of ' || org_id || ' is below zero by sends: ' || balance_micro_usd
  from billing.wallets join faults.senders using (org_id) where balance_micro_usd < 0
  union all
  select 'the entries of all accounts sum to ' || sum(amount_micro_usd) from billing.ledger_entries
  having sum(amount_micro_usd) <> 0`;

export const INVARIANTS: readonly Invariant[] = [
  {
    id: 'I1',
    says: 'each 2xx is durable: its message is accepted, under its tenant, and is what Meta got',
    sql: `
      select o.marker || ' was answered 200 and ' || case
          when m.id is null then 'has no row of its tenant'
          when m.state not in ${ACCEPTED} then 'is ' || m.state
          else 'never reached Meta' end as violation
      from faults.operations o
      left join dispatcher.messages m
        on m.id = o.message_id and m.org_id = o.org_id and m.app_id = o.app_id
      where o.kind = 'ok' and (m.id is null or m.state not in ${ACCEPTED} or not exists (
        select from faults.sends s where s.message_id = o.message_id and s.marker = o.base_marker))
      union all
      select o.marker || ' was answered 200 before its outcome was written'
      from faults.operations o join (
        select message_id, min(at) as at from faults.transitions group by message_id) written using (message_id)
      where o.kind = 'ok' and written.at > o.ended_at + interval '${CLOCK_STEP_MS} ms'`,
  },
  {
    id: 'I2',
    says: 'no message reaches Meta twice, and no idempotency key sends two',
    sql: `
      select 'message ' || message_id || ' reached Meta ' || count(*) || ' times' as violation
      from faults.sends group by message_id having count(*) > 1
      union all
      select marker || ' reached Meta ' || count(*) || ' times'
      from faults.sends group by marker having count(*) > 1`,
  },
  {
    id: 'I3',
    says: 'no accepted message is lost: each ends in a known state, unknown only where a fault hit its call',
    sql: `
      select 'message ' || m.id || ' never ended' as violation
      from ${MESSAGES} where m.state = 'sending'
      union all
      select 'the hold of ' || h.message_id || ' never ended'
      from billing.holds h join faults.senders using (org_id) where h.unknown_since is null
      union all
      select 'message ' || m.id || ' is unknown, and nothing happened to its call'
      from ${MESSAGES} where m.state = 'unknown' and not exists (
        select from faults.windows w where ${SUBMITTED_AT} <= w.to_at and m.updated_at >= w.from_at)
      union all
      select o.marker || ' was taken, answered GW_010, and has no row'
      from faults.operations o left join dispatcher.messages m on m.id = o.message_id
      where o.code = 'GW_010' and (m.id is null or m.type is null) and not exists (
        select from faults.windows w where w.target in ('kafka', 'postgres', 'edge', 'all')
          and o.started_at <= w.to_at and o.ended_at >= w.from_at)
      union all
      select s.marker || ' reached Meta and has no row'
      from faults.sends s left join dispatcher.messages m on m.id = s.message_id where m.id is null`,
  },
  {
    id: 'I5',
    says: 'a status only moves forward',
    sql: `
      with ranks (state, rank) as (values ('sending', 0), ('unknown', 1), ('accepted', 2), ('rejected', 2),
        ('expired', 2), ('sent', 3), ('delivered', 4), ('failed', 4), ('read', 5))
      select 'message ' || t.message_id || ' went from ' || t.old_state || ' to ' || t.new_state as violation
      from faults.transitions t join faults.senders using (org_id)
      join ranks o on o.state = t.old_state join ranks n on n.state = t.new_state
      where n.rank <= o.rank or t.old_state in ('rejected', 'expired', 'failed')`,
  },
  {
    id: 'I6',
    says: 'every wallet is the sum of its ledger, at the end as at each moment',
    sql: MONEY,
  },
  {
    id: 'I7',
    says: 'no charge without acceptance, no acceptance without charge, never two',
    sql: `
      with fees as (
        select t.transaction_id, t.org_id, t.amount_micro_usd
        from billing.ledger_transactions t join faults.senders using (org_id)
        where t.kind = 'infrastructure_fee')
      select 'message ' || f.transaction_id || ' was charged and is ' || coalesce(m.state, 'nowhere') as violation
      from fees f left join dispatcher.messages m on m.id = f.transaction_id and m.org_id = f.org_id
      where m.id is null or m.state not in ${ACCEPTED}
      union all
      select 'message ' || m.id || ' is ' || m.state || ' and was not charged'
      from ${MESSAGES} left join fees f on f.transaction_id = m.id
      where m.state in ${ACCEPTED} and m.type <> 'read' and m.flags & 1 = 0 and f.transaction_id is null
      union all
      select 'message ' || m.id || ' is ' || m.state || ' and never reached Meta'
      from ${MESSAGES} where m.state in ${ACCEPTED} and m.flags & 1 = 0
        and not exists (select from faults.sends s where s.message_id = m.id)
      union all
      select 'message ' || m.id || ' is ' || m.state || ' and reached Meta'
      from ${MESSAGES} join faults.sends s on s.message_id = m.id
      where m.state in ('rejected', 'expired')
      union all
      select org_id || ' was charged ' || -sum(amount_micro_usd) || ' for ' || count(*)
      from fees group by org_id having sum(amount_micro_usd) <> -${FEE_MICRO_USD} * count(*)`,
  },
  {
    id: 'I8',
    says: 'nothing crosses tenants',
    sql: `
      select o.marker || ' of ' || o.org_id || ' has a row of ' || m.org_id as violation
      from faults.operations o join dispatcher.messages m on m.id = o.message_id
      where m.org_id <> o.org_id or m.app_id <> o.app_id
      union all
      select s.marker || ' went to Meta as ' || s.phone_number_id
      from faults.sends s join faults.operations o on o.marker = s.marker
      join faults.senders t on t.org_id = o.org_id
      where s.phone_number_id <> t.phone_number_id`,
  },
  {
    id: 'I9',
    says: 'what is sent after the answer to an earlier message of the application is called after it',
    sql: `
      with answered as materialized (
        select o.app_id, o.ended_at,
          max(s.sequence) over (partition by o.app_id order by o.ended_at) as newest
        from faults.operations o join faults.sends s on s.message_id = o.message_id
        where o.kind = 'ok')
      select later.marker || ' was sent before a message that was answered before it came' as violation
      from faults.operations later join faults.sends b on b.message_id = later.message_id
      cross join lateral (
        select a.newest from answered a
        where a.app_id = later.app_id and a.ended_at < later.started_at
        order by a.ended_at desc limit 1) earlier
      where later.idempotency_key is null and earlier.newest > b.sequence
      limit 20`,
  },
  {
    id: 'I11',
    says: 'a refusal is honest: nothing of it was sent',
    sql: `
      select o.marker || ' was refused with ' || o.code || ' and reached Meta' as violation
      from faults.operations o
      where o.kind = 'fail' and exists (select from faults.sends s
        where s.message_id = o.message_id or (o.idempotency_key is null and s.marker = o.marker))`,
  },
];
