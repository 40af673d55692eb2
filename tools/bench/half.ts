import { runOpenModel } from './load';
import type { LoadTarget } from './load-target';

export interface AtHalf {
  readonly perSecond: number;
  readonly p99Ms: number;
  readonly p99OfBaselineMs: number;
  readonly p99RatioToBaseline: number;
}

/** p99 at half of the most messages a second, beside the baseline at the same rate. */
export async function measureAtHalf(
  target: LoadTarget,
  baseline: LoadTarget,
  maxPerSecond: number,
  seconds: number,
): Promise<AtHalf> {
  const perSecond = Math.round(maxPerSecond / 2);
  const ofBaseline = await runOpenModel(baseline, perSecond, seconds);
  const ofTarget = await runOpenModel(target, perSecond, seconds);
  return {
    perSecond,
    p99Ms: ofTarget.p99Ms,
    p99OfBaselineMs: ofBaseline.p99Ms,
    p99RatioToBaseline: ofTarget.p99Ms / ofBaseline.p99Ms,
  };
}
