import { SELECT } from './messages.sql';

/**
 * What only marks a message as read is no message, and a repeat is the message that it repeats. A message that is
 * known by its fence alone is one: its caller was told its id.
 */
const IS_LISTED = `type is distinct from 'read' and first_message_id is null`;
const WALKED = 'app_id = $1 and id >= $2 and id < $3';

/** Walks the application's entries from the newest down, a bounded piece of them, until enough are found. */
export const LIST = `
with found as (
  select id from (
    select id, type, first_message_id, created_at, state, recipient_hash
    from messages where ${WALKED} order by id desc limit $9
  ) walked
  where ${IS_LISTED}
    and ($4::timestamptz is null or created_at >= $4)
    and ($5::timestamptz is null or created_at < $5)
    and ($6::text is null or state = $6)
    and ($7::bigint[] is null or recipient_hash = any ($7))
  order by id desc limit $8
)
${SELECT}
from found join messages m on m.id = found.id
left join dispatcher_instances owner on owner.boot_id = m.owner_boot_id
order by m.id desc`;

/** The oldest of the piece that was walked; none when the piece was the last. */
export const LAST_WALKED = `
select id from messages where ${WALKED} order by id desc offset $4 limit 1`;
