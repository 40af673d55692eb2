import { setTimeout as sleep } from 'node:timers/promises';
import type { Behaviour } from './customers';
import { moveEndpoint } from './endpoints';
import type { Scenario, Stage } from './scenario';

const BROKEN: readonly Behaviour[] = ['fails', 'hangs', 'resets', 'redirects', 'floods'];
const FAULT_MS = 12_000;
const CUSTOMERS = 50;
/** From Meta's 200 to the customer's socket, of the customers that work. */
const DELIVERY_MS_MAX = 2_000;

/** Row 19: customers' servers, and the network before them. */
export const customerScenarios: readonly Scenario[] = [
  {
    name: 'customers-broken',
    row: 19,
    says: 'of 50 customers six fail, hang, reset, redirect, answer 10 MB or have no name; the others notice nothing',
    senders: CUSTOMERS,
    perSecond: 40,
    run: breakCustomers,
    afterwards: othersUnhurt,
  },
  {
    name: 'customers-network',
    row: 19,
    says: 'the network before the customers is silent, resets answers and refuses, while webhooks is killed',
    run: async ({ world, during }) => {
      for (const fault of [
        { kind: 'blackhole' },
        { kind: 'reset-answers', share: 0.3 },
        { kind: 'refuse' },
      ] as const) {
        const says = `webhooks and its customers: ${JSON.stringify(fault)}`;
        await during({ target: 'customers', says }, async () => {
          const proxy = world.between('webhooks', 'customers');
          proxy.inject(fault);
          await sleep(1_500);
          world.signal('webhooks', 'SIGKILL');
          await sleep(1_500);
          proxy.restore();
        });
        await sleep(1_000);
      }
    },
  },
];

async function breakCustomers(stage: Stage): Promise<void> {
  const { world, senders, during } = stage;
  const broken = senders.slice(0, BROKEN.length + 1);
  const nameless = broken.at(-1)?.appId ?? '';
  // Only what these six get is hit: order and speed of the others' webhooks are checked all the same.
  await during({ target: 'some customers', says: 'six of 50 customers break' }, async () => {
    BROKEN.forEach((behaviour, index) => {
      world.customers.behave(broken[index]?.appId ?? '', behaviour);
    });
    await moveEndpoint(world, nameless, 'http://customer.invalid/hook');
    await sleep(FAULT_MS);
  });
  await scheduleFollowed(stage);
  await moveEndpoint(world, nameless, world.customerUrl(nameless));
  world.customers.heal();
}

/** First pauses of the schedule in `contract.md`: 5 s after the first attempt, then 5 min; jitter only adds to them. */
async function scheduleFollowed({ world, violated, note }: Stage): Promise<void> {
  const { rows } = await world.database.query<{ violation: string; retries: number }>(`
    with ended as (
      select a.delivery_id, a.number, a.code, a.started_at,
        a.started_at + coalesce(a.duration_ms, 0) * interval '1 millisecond' as ended_at
      from webhooks.attempts a join webhooks.deliveries d on d.id = a.delivery_id and d.at = a.at
      join faults.senders using (app_id)),
    pauses as (
      select o.delivery_id, o.number, n.started_at - o.ended_at as pause
      from ended o join ended n on n.delivery_id = o.delivery_id and n.number = o.number + 1
      where o.code <> 'interrupted'
      union all
      select j.delivery_id, j.attempts, j.next_attempt_at - max(e.ended_at)
      from webhooks.jobs j join ended e on e.delivery_id = j.delivery_id
      where j.claim_id is null and j.failures > 0 group by 1, 2, j.next_attempt_at)
    select 'delivery ' || delivery_id || ' was tried again ' || pause || ' after attempt ' || number as violation,
      count(*) over ()::int as retries
    from pauses where pause < case number when 1 then interval '4.9 seconds' else interval '299 seconds' end
    limit 5`);
  for (const { violation } of rows) violated('I4', violation);
  if (rows.length === 0) note('every retry keeps to the schedule');
}

/** The 99th percentile of the customers that work, over the whole run. */
async function othersUnhurt({ world, senders, measured, violated }: Stage): Promise<void> {
  const others = senders.slice(BROKEN.length + 1).map(({ appId }) => appId);
  const { rows } = await world.database.query<{ ms: number | null }>(
    `with told as (
       select t.item, s.app_id, min(t.accepted_at) as at from faults.told t
       join faults.senders s using (phone_number_id)
       where s.app_id = any($1::uuid[]) and t.status is not null group by 1, 2),
     got as (select item, app_id, min(at) as at from faults.received where is_taken group by 1, 2)
     select (extract(epoch from percentile_disc(0.99) within group (order by g.at - t.at)) * 1000)::float8 as ms
     from told t join got g using (item, app_id)`,
    [others],
  );
  const ms = rows[0]?.ms ?? null;
  if (ms === null) violated('I10', 'the customers that work got nothing');
  else measured("p99 from Meta's 200 to a customer that works", ms, DELIVERY_MS_MAX);
}
