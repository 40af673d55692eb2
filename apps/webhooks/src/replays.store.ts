import { asTenant, preparedQuery } from '@gateway/platform';
import type { DataSource, EntityManager } from 'typeorm';
import type { TenantApplication } from './deliveries.store';

export interface ReplayRow {
  readonly id: string;
  readonly endpointId: string;
  readonly appId: string;
  readonly state: 'running' | 'done' | 'canceled';
  readonly from: Date;
  readonly to: Date;
  readonly withDelivered: boolean;
  readonly total: number;
  readonly done: number;
}

const COLUMNS = `
  id, endpoint_id as "endpointId", app_id as "appId", state, from_at as "from", to_at as "to",
  with_delivered as "withDelivered", total, done`;

/** What a replay sends of an event `e` for the endpoint `ep`: what was never made, or has ended without success. */
const IS_REPLAYED = (withDelivered: string): string => `
  case when d.id is null then e.event = any(ep.events)
    else d.state in ('held', 'exhausted', 'parked', 'canceled') or (d.state = 'delivered' and ${withDelivered}) end`;

const DELIVERY_OF = `
  left join deliveries d on d.id = md5(e.id::text || ep.id::text)::uuid and d.at = e.at`;

/** Replays of a range of time: background jobs with a cursor that is the order of the events. */
export class ReplaysStore {
  constructor(private readonly dataSource: DataSource) {}

  /** @returns null when another one of the endpoint runs */
  async insert(
    manager: EntityManager,
    replay: Pick<ReplayRow, 'id' | 'endpointId' | 'appId' | 'from' | 'to' | 'withDelivered'>,
  ): Promise<ReplayRow | null> {
    const rows: ReplayRow[] = await manager.query(
      `insert into replays (id, endpoint_id, app_id, state, from_at, to_at, with_delivered, cursor_at, cursor_id, total, created_at)
       select $1, $2, $3, 'running', $4, $5, $6::boolean, $4, '00000000-0000-0000-0000-000000000000', count(*), now()
       from events e join endpoints ep on ep.id = $2 ${DELIVERY_OF}
       where e.app_id = $3 and e.at >= $4 and e.at < $5 and ${IS_REPLAYED('$6::boolean')}
       on conflict (endpoint_id) where state = 'running' do nothing
       returning ${COLUMNS}`,
      [replay.id, replay.endpointId, replay.appId, replay.from, replay.to, replay.withDelivered],
    );
    return rows[0] ?? null;
  }

  async find({ orgId, appId }: TenantApplication, id: string): Promise<ReplayRow | null> {
    const rows = await asTenant(this.dataSource, { orgId, appId }, (manager) =>
      manager.query<ReplayRow[]>(`select ${COLUMNS} from replays where app_id = $1 and id = $2`, [
        appId,
        id,
      ]),
    );
    return rows[0] ?? null;
  }

  /** @returns false when the application has no such replay */
  async cancel(manager: EntityManager, appId: string, id: string): Promise<boolean> {
    const [, count]: [unknown[], number] = await manager.query(
      `update replays set state = case when state = 'running' then 'canceled' else state end
       where app_id = $1 and id = $2 returning id`,
      [appId, id],
    );
    return count > 0;
  }

  /** Ends the replays of endpoints that are not active any more. */
  async cancelInactive(): Promise<void> {
    await preparedQuery(this.dataSource, {
      name: 'cancel_inactive_replays',
      text: `
        update replays r set state = 'canceled' where r.state = 'running' and not exists (
          select from endpoints e where e.id = r.endpoint_id and e.is_active and e.deleted_at is null)`,
      values: [],
    });
  }

  /**
   * Queues the next page of one replay that runs and has little in the queue.
   *
   * @param queuedMax above it a replay waits
   * @returns whether there was one
   */
  async step(pageSize: number, queuedMax: number): Promise<boolean> {
    const { rows } = await preparedQuery<{ id: string }>(this.dataSource, {
      name: 'step_replay',
      text: STEP,
      values: [pageSize, queuedMax],
    });
    return rows.length > 0;
  }
}

const STEP = `
  with replay as materialized (
    select r.*, ep.events, ep.org_id from replays r join endpoints ep on ep.id = r.endpoint_id
    where r.state = 'running' and ep.is_active and ep.deleted_at is null
      and (select count(*) from (
        select from jobs j where j.endpoint_id = r.endpoint_id and j.lane = 2 limit $2) q) < $2
    order by random() limit 1 for update of r skip locked
  ), page as materialized (
    select e.id, e.at, e.event, e.order_key from replay r join lateral (
      select e.* from events e
      where e.app_id = r.app_id and e.at >= r.cursor_at and e.at < r.to_at and (e.at, e.id) > (r.cursor_at, r.cursor_id)
      order by e.at, e.id limit $1
    ) e on true
  ), chosen as materialized (
    select e.*, r.endpoint_id, r.app_id, md5(e.id::text || ep.id::text)::uuid as delivery_id, d.state, coalesce(d.failures, 0) as failures
    from replay r cross join page e join endpoints ep on ep.id = r.endpoint_id ${DELIVERY_OF}
    where ${IS_REPLAYED('r.with_delivered')}
  ), made as (
    insert into deliveries (id, at, event_id, endpoint_id, app_id, event, state, created_at)
    select delivery_id, at, id, endpoint_id, app_id, event, 'pending', now() from chosen where state is null
    on conflict do nothing
  ), again as (
    update deliveries d set state = 'pending', failures = 0
    from chosen c where d.id = c.delivery_id and d.at = c.at and c.state is not null
  ), queued as (
    insert into jobs as j (delivery_id, at, event_id, endpoint_id, order_key, lane, next_attempt_at, attempts)
    select c.delivery_id, c.at, c.id, c.endpoint_id, c.order_key, 2, now(),
      coalesce((select max(a.number) from attempts a where a.delivery_id = c.delivery_id and a.at = c.at), 0)
    from chosen c order by c.at, c.id
    on conflict (delivery_id) do update set lane = 2, next_attempt_at = now() where j.lane = 9
  )
  update replays r set
    cursor_at = coalesce((select at from page order by at desc, id desc limit 1), r.cursor_at),
    cursor_id = coalesce((select id from page order by at desc, id desc limit 1), r.cursor_id),
    done = r.done + (select count(*) from chosen),
    state = case when (select count(*) from page) < $1 then 'done' else r.state end
  from replay where r.id = replay.id
  returning r.id`;
