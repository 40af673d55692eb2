import type { BenchStage } from './bench-stage';
import { totalOf } from './cpu';
import type { LoadTarget } from './load-target';
import { measureClosed, measureOpen, type Load } from './measure';
import { StoredRows, type Scans } from './stored-rows';

/** One variant of the load beside the usual one, in the same call. */
export interface Variant {
  readonly usual: Load;
  readonly variant: Load;
}

export interface Stored extends Variant {
  readonly rows: number;
  /** CPU for each message, of everything together, as a multiple of that with an empty database. */
  readonly costRatio: number;
  /** During the measurement with everything stored. */
  readonly scans: readonly Scans[];
  readonly plans: Readonly<Record<string, string>>;
}

const TENANTS = 1_000;
/** Auth publishes all keys after a start, and every edge takes them in; that is no part of a message's cost. */
const PUBLISHED_AFTER_MS = 30_000;
/** Below what a phone number may send. */
const HOT_PER_SECOND_MAX = 800;

/** 1,000 keys of 1,000 organizations, in turn, beside 50. */
export async function manyTenants(stage: BenchStage, seconds: number): Promise<Variant> {
  const target = await stage.cluster(TENANTS);
  const usual = { ...target, keys: target.keys.slice(0, 50) };
  await measureClosed(target, 2 * seconds);
  return {
    usual: await measureClosed(usual, seconds),
    variant: await measureClosed(target, seconds),
  };
}

/** Every message of one organization, and so in one partition and of one wallet, beside the same rate of 50. */
export async function hotTenant(
  target: LoadTarget,
  maxPerSecond: number,
  seconds: number,
): Promise<Variant> {
  const perSecond = Math.min(HOT_PER_SECOND_MAX, Math.round(maxPerSecond / 2));
  const hot = { ...target, keys: target.keys.slice(0, 1) };
  return {
    usual: await measureOpen(target, perSecond, seconds),
    variant: await measureOpen(hot, perSecond, seconds),
  };
}

/** The cost of a message with millions of messages and ledger entries, and 100,000 keys, beside an empty database. */
export async function stored(stage: BenchStage, rows: number, seconds: number): Promise<Stored> {
  const empty = await stage.cluster();
  await measureClosed(empty, 3 * seconds);
  const usual = await measureClosed(empty, seconds);
  const dataDir = stage.dataDirOf('cluster');
  await StoredRows.use(dataDir, (stored) => stored.fill(rows));
  // Starts again: keys that came by SQL are known to the edge only when auth publishes everything.
  await stage.stopGateway();
  const full = await stage.cluster();
  await new Promise((resolve) => setTimeout(resolve, PUBLISHED_AFTER_MS));
  await measureClosed(full, 3 * seconds);
  return StoredRows.use(dataDir, async (stored) => {
    const scansBefore = await stored.scans();
    const variant = await measureClosed(full, seconds);
    return {
      rows,
      usual,
      variant,
      costRatio: totalOf(variant.cpuMsPerMessage) / totalOf(usual.cpuMsPerMessage),
      scans: difference(scansBefore, await stored.scans()),
      plans: await stored.plans(),
    };
  });
}

const difference = (before: readonly Scans[], after: readonly Scans[]): Scans[] =>
  after.map(({ table, sequential, byIndex }) => {
    const earlier = before.find((each) => each.table === table);
    return {
      table,
      sequential: sequential - (earlier?.sequential ?? 0),
      byIndex: byIndex - (earlier?.byIndex ?? 0),
    };
  });
