import type { MessageState } from '@gateway/contracts';

/** A status that found its message, as `APPLY` returns it. */
export interface MatchColumns {
  /** Of the report, from 1. */
  position: string;
  id: string;
  app_id: string;
  org_id: string;
  type: string | null;
  flags: number;
  /** Before the statement. */
  state: MessageState;
  is_answered: boolean;
}

const COLUMNS =
  'm.id, m.app_id, m.org_id, m.type, m.flags, m.owner_boot_id, m.created_at, m.updated_at, m.state, m.wamid, m.response';

/**
 * Finds the message of each report by our id or else by wamid, on the number it was sent from, writes the rows of the
 * timeline and moves the state forward, all at once and whatever moves it at the same time. As in `SETTLE`, the update
 * is written as an upsert in order of id.
 */
export const APPLY = `
with input as materialized (
  select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[])
    with ordinality as input (message_id, report_wamid, phone_number_id, status, at, error_params, position)
), found as materialized (
  select input.*, m.* from input cross join lateral (
    select ${COLUMNS} from messages m
    where m.id = input.message_id and m.phone_number_id = input.phone_number_id
      and (m.wamid is null or m.wamid = input.report_wamid)
    union all
    -- Row by row through the key: a join would read all messages as long as the planner thinks that they are few.
    select m.* from message_wamids w cross join lateral (
      select ${COLUMNS} from messages m
      where m.id = w.message_id and m.wamid = input.report_wamid and m.phone_number_id = input.phone_number_id
      offset 0
    ) m
    where w.wamid_hash = hashtextextended(input.report_wamid, 0)
    limit 1
  ) m
), recorded as (
  insert into message_statuses (message_id, status, at, error_params)
  select distinct on (id, status) id, status, at, error_params from found
  where state = any ($7::text[])
  order by id, status, at
  on conflict (message_id, status) do nothing
), highest as materialized (
  select distinct on (id) * from found order by id, array_position($7::text[], status) desc, at
), moved as (
  insert into messages (id, app_id, org_id, type, flags, owner_boot_id, created_at, updated_at, state, wamid,
    error_code, error_params)
  select id, app_id, org_id, type, flags, owner_boot_id, created_at, $8::timestamptz, status, report_wamid,
    case when status = 'failed' then 'META_002' end, error_params
  from highest order by id
  on conflict (id) do update set
    state = excluded.state, wamid = coalesce(messages.wamid, excluded.wamid),
    error_code = excluded.error_code, error_params = excluded.error_params, retry_after_seconds = null,
    updated_at = case when messages.state in ('sending', 'unknown')
      then excluded.updated_at else messages.updated_at end
  where array_position($7::text[], messages.state) < array_position($7::text[], excluded.state)
  returning id
), wamids as (
  insert into message_wamids (message_id, wamid_hash)
  select id, hashtextextended(report_wamid, 0) from highest
  where wamid is null and id in (select id from moved)
)
select position, id, app_id, org_id, type, flags, state, response is not null as is_answered from found`;

export const FIND_OF = `
select message_id, status, at, received_at, error_params
from message_statuses where message_id = any ($1::uuid[])`;
