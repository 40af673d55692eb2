import type { Pool } from 'pg';
import { metrics } from './metrics';

const pools = new Map<string, Pool>();

/** Shows the pool of a schema in `gw_database_connections`; read when the metrics are, it costs nothing else. */
export function trackPool(schema: string, pool: Pool): void {
  pools.set(schema, pool);
  gauge();
}

const gauge = () =>
  metrics.gauge({
    name: 'gw_database_connections',
    help: 'Connections of the pool (idle, busy) and callers that wait for one (waiting).',
    labels: ['schema', 'state'],
    collect: (self) => {
      for (const [schema, pool] of pools) {
        self.set({ schema, state: 'idle' }, pool.idleCount);
        self.set({ schema, state: 'busy' }, pool.totalCount - pool.idleCount);
        self.set({ schema, state: 'waiting' }, pool.waitingCount);
      }
    },
  });
