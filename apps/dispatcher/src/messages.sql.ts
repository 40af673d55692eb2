import type { MessageState } from '@gateway/contracts';

/** A row as the statements below return it. */
export interface MessageColumns {
  id: string;
  app_id: string;
  org_id: string;
  type: string | null;
  flags: number;
  state: MessageState;
  wamid: string | null;
  error_code: string | null;
  error_params: string | null;
  retry_after_seconds: number | null;
  response: Buffer | null;
  recipient: string | null;
  first_message_id: string | null;
  owner_boot_id: string;
  created_at: Date;
  updated_at: Date;
  is_owner_alive: boolean;
}

const INPUT_IDENTITY = '$1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::smallint[]';
const INPUT_OUTCOME = '$8::text[], $9::text[], $10::text[], $11::text[], $12::int[], $13::bytea[]';
const IDENTITY = 'id, app_id, org_id, type, flags';
const OUTCOME = 'state, wamid, error_code, error_params, retry_after_seconds, response';
const ADDRESS = 'phone_number_id, recipient_hash, recipient';
const OWNER = 'owner_boot_id, created_at, updated_at';

/** Rows are inserted in order of id, so that two statements that share ids wait for each other in one direction. */
export const CLAIM_PLAIN = `
insert into messages (${IDENTITY}, ${ADDRESS}, state, ${OWNER})
select ${IDENTITY}, ${ADDRESS}, 'sending', $6, $7, $7
from unnest(${INPUT_IDENTITY}, $8::text[], $9::bigint[], $10::text[]) as input (${IDENTITY}, ${ADDRESS})
order by id
on conflict (id) do nothing
returning id`;

/** A key is taken when it is new, over, or was left by a message of which nothing was sent. */
export const CLAIM = `
with input as (
  select * from unnest(${INPUT_IDENTITY}, ${INPUT_OUTCOME}, $14::uuid[], $15::text[], $16::text[],
      $18::text[], $19::bigint[], $20::text[])
    as input (${IDENTITY}, ${OUTCOME}, first_message_id, key_hash, body_hash, ${ADDRESS})
), keys as (
  insert into idempotency_keys as held (app_id, key_hash, body_hash, message_id, expires_at)
  select app_id, decode(key_hash, 'hex'), decode(body_hash, 'hex'), id, $7::timestamptz + interval '24 hours'
  from input where key_hash is not null
  order by app_id, key_hash
  on conflict (app_id, key_hash) do update
    set body_hash = excluded.body_hash, message_id = excluded.message_id, expires_at = excluded.expires_at
    where held.expires_at <= $7 or exists (
      select from messages first where first.id = held.message_id and (
        first.state = 'expired'
        or first.state = 'rejected' and coalesce(first.error_code, '') <> all ($17::text[])))
  returning message_id
), claimed as (
  insert into messages (${IDENTITY}, ${OUTCOME}, first_message_id, ${ADDRESS}, ${OWNER})
  select ${IDENTITY}, ${OUTCOME}, first_message_id, ${ADDRESS}, $6, $7, $7 from input
  where key_hash is null or id in (select message_id from keys)
  order by id
  on conflict (id) do nothing
  returning id, wamid
), wamids as (
  insert into message_wamids (message_id, wamid_hash)
  select id, hashtextextended(wamid, 0) from claimed where wamid is not null
)
select id from claimed`;

/** A status may be faster than Meta's answer: then the state has moved on, and only the answer is still to be kept. */
const UNLESS_MOVED_ON = ['state', 'error_code', 'error_params', 'retry_after_seconds', 'updated_at']
  .map(
    (column) => `${column} = case when messages.state in ('sending', 'unknown')
      then excluded.${column} else messages.${column} end`,
  )
  .join(', ');

/**
 * An update by primary key for a whole batch, written as an upsert: its rows are always found through the index, where
 * a join is at the mercy of the planner's picture of a table that grows. The row exists, so nothing is inserted.
 */
export const SETTLE = `
with changed as (
  insert into messages (${IDENTITY}, ${OUTCOME}, ${OWNER})
  select ${IDENTITY}, ${OUTCOME}, $6, $7, $7
  from unnest(${INPUT_IDENTITY}, ${INPUT_OUTCOME}) as input (${IDENTITY}, ${OUTCOME})
  order by id
  on conflict (id) do update set
    ${UNLESS_MOVED_ON}, wamid = coalesce(messages.wamid, excluded.wamid), response = excluded.response
  where messages.state = 'sending' or (messages.state = 'unknown' and excluded.state <> 'unknown')
    or (excluded.state = 'accepted' and messages.response is null
      and messages.state in ('sent', 'failed', 'delivered', 'read'))
  returning id, wamid
), wamids as (
  insert into message_wamids (message_id, wamid_hash)
  select id, hashtextextended(wamid, 0) from changed where wamid is not null
)
select count(*) from changed`;

export const FENCE = `
insert into messages (${IDENTITY}, ${OUTCOME}, ${OWNER})
select ${IDENTITY}, ${OUTCOME}, $6, $7, $7
from unnest(${INPUT_IDENTITY}, ${INPUT_OUTCOME}) as input (${IDENTITY}, ${OUTCOME})
order by id
on conflict (id) do update set
  state = excluded.state, error_code = excluded.error_code, error_params = excluded.error_params,
  retry_after_seconds = excluded.retry_after_seconds, updated_at = excluded.updated_at
where messages.state = 'sending' and messages.owner_boot_id = $6`;

export const SELECT = `
select m.id, m.app_id, m.org_id, m.type, m.flags, m.state, m.wamid, m.error_code, m.error_params,
  m.retry_after_seconds, m.response, m.recipient, m.first_message_id, m.owner_boot_id, m.created_at,
  m.updated_at,
  coalesce(owner.lease_until > now(), false) as is_owner_alive`;

export const FIND = `${SELECT}
from messages m left join dispatcher_instances owner on owner.boot_id = m.owner_boot_id
where m.id = any ($1::uuid[])`;

export const FIND_BY_WAMID = `${SELECT}
from message_wamids w
join messages m on m.id = w.message_id
left join dispatcher_instances owner on owner.boot_id = m.owner_boot_id
where w.wamid_hash = hashtextextended($2::text, 0) and m.wamid = $2 and m.app_id = $1
limit 1`;

/** What a holder of an idempotency key is, beside the key itself. */
export const FIND_KEYS = `${SELECT},
  held.app_id as key_app_id, encode(held.key_hash, 'hex') as key_hash, encode(held.body_hash, 'hex') as body_hash
from unnest($1::uuid[], $2::text[]) as input (app_id, key_hash)
join idempotency_keys held on held.app_id = input.app_id and held.key_hash = decode(input.key_hash, 'hex')
join messages m on m.id = held.message_id
left join dispatcher_instances owner on owner.boot_id = m.owner_boot_id
where held.expires_at > $3`;

const BECOMES_UNKNOWN = `state = 'unknown', error_code = 'META_005', error_params = null, retry_after_seconds = null`;

export const MARK_LOST = `
update messages m set ${BECOMES_UNKNOWN}, updated_at = $2
where m.id = any ($1::uuid[]) and m.state = 'sending' and not exists (
  select from dispatcher_instances owner
  where owner.boot_id = m.owner_boot_id and owner.lease_until > now())`;

export const MARK_UNSENT = `
update messages m
set state = 'rejected', error_code = $3, error_params = $4, retry_after_seconds = $5, updated_at = $6
where m.id = any ($1::uuid[]) and m.state = 'sending' and m.owner_boot_id = $2`;

/** The instance's row is locked meanwhile: it cannot renew its lease between the look and the change. */
export const MARK_LOST_OF = `
with dead as (
  select boot_id from dispatcher_instances where boot_id = $1 and lease_until <= now() for update
)
update messages m set ${BECOMES_UNKNOWN}, updated_at = $4
where m.id >= $2 and m.id < $3 and m.state = 'sending' and m.owner_boot_id = $1
  and exists (select from dead)`;

export const LOST_OF = `${SELECT}
from messages m left join dispatcher_instances owner on owner.boot_id = m.owner_boot_id
where m.id >= $2 and m.id < $3 and m.state = 'unknown' and m.owner_boot_id = $1`;
