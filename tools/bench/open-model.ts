import { build, type Histogram } from 'hdr-histogram-js';
import { Pool } from 'undici';
import type { LoadTarget } from './load-target';
import { paced } from './paced';

export interface OpenModelResult {
  readonly offeredPerSecond: number;
  readonly requests: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

/**
 * Sends at fixed moments, whatever the answers do, and measures each latency from its scheduled start: a target that
 * stalls is charged for every request that it made wait.
 */
export async function openModel(
  target: LoadTarget,
  ratePerSecond: number,
  seconds: number,
): Promise<OpenModelResult> {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000,
    numberOfSignificantValueDigits: 3,
  });
  const pool = new Pool(target.origin, { connections: 512, pipelining: 1 });
  const requests = ratePerSecond * seconds;
  let failed = 0;
  await paced(ratePerSecond, requests, async (index, dueMs) => {
    const isAnswered = await answered(pool, target, index);
    if (!isAnswered) failed += 1;
    histogram.recordValue(Math.max(1, Math.round((performance.now() - dueMs) * 1000)));
  });
  await pool.close();
  return { offeredPerSecond: ratePerSecond, requests, failed, ...percentiles(histogram) };
}

async function answered(pool: Pool, target: LoadTarget, index: number): Promise<boolean> {
  try {
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: target.path,
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${target.keys[index % target.keys.length] ?? ''}`,
      },
      body: target.body,
    });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}

function percentiles(
  histogram: Histogram,
): Pick<OpenModelResult, 'p50Ms' | 'p90Ms' | 'p99Ms' | 'p999Ms' | 'maxMs'> {
  const at = (percentile: number) => histogram.getValueAtPercentile(percentile) / 1000;
  return {
    p50Ms: at(50),
    p90Ms: at(90),
    p99Ms: at(99),
    p999Ms: at(99.9),
    maxMs: histogram.maxValue / 1000,
  };
}
