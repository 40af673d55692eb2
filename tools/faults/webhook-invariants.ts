import type { Invariant } from './invariants';

/** Id of an event: of the application and Meta's own ids, the first 128 bits of SHA-256. */
const eventId = (appId: string, item: string): string =>
  `left(encode(sha256(convert_to(${appId} || '|' || ${item}, 'UTF8')), 'hex'), 32)::uuid`;

/** What Meta got a 200 for, of the numbers of this run. */
const ACCEPTED_TOLD = `
  select distinct t.item, s.app_id, ${eventId('s.app_id', 't.item')} as event_id
  from faults.told t join faults.senders s using (phone_number_id) where t.accepted_at is not null`;

const RANKS = `(values ('sending', 0), ('unknown', 1), ('accepted', 2), ('rejected', 2), ('expired', 2), ('sent', 3),
  ('failed', 4), ('delivered', 5), ('read', 6)) as`;

/** Messages that are behind what Meta told of them. */
const BEHIND = `
  select m.id, m.state, max(r.rank) as told_rank
  from faults.told t
  join faults.sends s on s.wamid = t.wamid
  join dispatcher.messages m on m.id = s.message_id
  join ${RANKS} r(state, rank) on r.state = t.status
  join ${RANKS} o(state, rank) on o.state = m.state
  where t.accepted_at is not null
  group by m.id, m.state, o.rank having max(r.rank) > o.rank`;

/** What is not told to its customer, or not entered, yet. */
export const OPEN_WEBHOOKS = `
  select count(*)::int as open from (
    select a.event_id from (${ACCEPTED_TOLD}) a
      where not exists (select from webhooks.events e where e.id = a.event_id)
    union all
    select j.delivery_id from webhooks.jobs j join webhooks.endpoints e on e.id = j.endpoint_id
      join faults.senders s on s.app_id = e.app_id where j.lane <> 9
    union all
    select id from (${BEHIND}) behind
  ) open`;

export const WEBHOOK_INVARIANTS: readonly Invariant[] = [
  {
    id: 'I4',
    says: 'no webhook of Meta answered 200 is lost: its endpoint took it at least once, or it stands in exhausted',
    sql: `
      with accepted as materialized (${ACCEPTED_TOLD}), taken as materialized (
        select distinct app_id, item from faults.received where is_taken)
      select a.item || ' was answered 200 and has no event' as violation
      from accepted a where not exists (
        select from webhooks.events e where e.id = a.event_id and e.app_id = a.app_id)
      union all
      select a.item || ' was answered 200, its delivery is ' || coalesce(d.state, 'nowhere') || ' and no endpoint took it'
      from accepted a left join webhooks.deliveries d on d.event_id = a.event_id and d.app_id = a.app_id
      where coalesce(d.state, 'none') not in ('exhausted', 'parked')
        and not exists (select from taken t where t.app_id = a.app_id and t.item = a.item)
      union all
      select 'the delivery ' || d.id || ' counts as delivered and no endpoint took it'
      from webhooks.deliveries d join faults.senders s using (app_id)
      where d.state = 'delivered' and not exists (
        select from taken t where t.app_id = d.app_id and ${eventId('t.app_id', 't.item')} = d.event_id)
      limit 50`,
  },
  {
    id: 'I5',
    says: 'whatever the order, a message ends in the furthest state that Meta told of it',
    sql: `select 'message ' || id || ' is ' || state || ', Meta told more' as violation from (${BEHIND}) behind limit 50`,
  },
  {
    id: 'I8',
    says: 'an endpoint gets what is about its own number, signed with its own secret',
    sql: `
      select r.item || ' of number ' || r.phone_number_id || ' came to application ' || r.app_id as violation
      from faults.received r join faults.senders s using (app_id)
      where s.phone_number_id <> r.phone_number_id
      union all
      select r.item || ' came to ' || r.app_id || ' without its signature' from faults.received r where not r.is_signed
      limit 50`,
  },
  {
    id: 'I9',
    says: 'of one message, what Meta got a 200 for comes to its customer before what Meta told after that',
    sql: `
      with told as materialized (
        select t.item, t.wamid, s.app_id, min(t.sent_at) as sent_at, min(t.accepted_at) as accepted_at
        from faults.told t join faults.senders s using (phone_number_id) group by 1, 2, 3),
      got as materialized (select app_id, item, min(at) as at from faults.received group by 1, 2)
      select later.item || ' came to its customer before ' || earlier.item as violation
      from told earlier join told later
        on later.wamid = earlier.wamid and later.app_id = earlier.app_id and later.sent_at > earlier.accepted_at
      join got first on first.app_id = earlier.app_id and first.item = earlier.item
      join got second on second.app_id = later.app_id and second.item = later.item
      where second.at < first.at and not exists (
        select from faults.windows w where w.target in ('webhooks', 'postgres', 'all')
          and w.from_at <= first.at and w.to_at >= earlier.accepted_at)
      -- One that was tried and failed on its way holds up no other.
      and not exists (
        select from webhooks.deliveries d join webhooks.attempts a on a.delivery_id = d.id and a.at = d.at
        where d.app_id = earlier.app_id and d.event_id = ${eventId('earlier.app_id', 'earlier.item')}
          and a.number = 1 and a.started_at <= second.at)
      limit 20`,
  },
];
