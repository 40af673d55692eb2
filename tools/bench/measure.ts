import { cpuByProcess, cpuPerMessage, type CpuByProcess } from './cpu';
import { runClosedLoop, runOpenModel } from './load';
import type { LoadTarget } from './load-target';

export interface Effort {
  readonly rounds: number;
  /** Six processes and a broker, each compiling what is hot, need longer than the one process of the baseline. */
  readonly warmSeconds: number;
  readonly closedSeconds: number;
  readonly openSeconds: number;
}

export interface Measured {
  /** Most messages a second, closed loop. */
  readonly maxPerSecond: number;
  readonly p50At80Ms: number;
  readonly p99At80Ms: number;
}

export interface MeasuredProfile extends Measured {
  readonly maxRatioToBaseline: number;
  readonly p50RatioToBaseline: number;
  /** At the most messages a second, all processes of the gateway and of its stores together. */
  readonly cpuMsPerMessage: CpuByProcess;
}

/** What one load showed. */
export interface Load {
  readonly perSecond: number;
  /** In the open model alone. */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  readonly failed: number;
  readonly cpuMsPerMessage: CpuByProcess;
}

const CONNECTIONS = 256;
const STEADY_PER_SECOND = 80;
const BASELINE_WARM_SECONDS = 5;

interface Round {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpu: CpuByProcess;
}

export interface Comparison {
  readonly baseline: Measured;
  readonly profile: MeasuredProfile;
}

/**
 * Measures a target beside the baseline, in turn, in the same call: the machine's speed drifts, the ratio of
 * neighbours does not. Reported are medians over the rounds.
 */
export async function compare(
  name: string,
  target: LoadTarget,
  baseline: LoadTarget,
  effort: Effort,
): Promise<Comparison> {
  console.log(`${name}: warming up`);
  await runClosedLoop(baseline, CONNECTIONS, BASELINE_WARM_SECONDS);
  await runClosedLoop(target, CONNECTIONS, effort.warmSeconds);
  const ofBaseline: Round[] = [];
  const ofTarget: Round[] = [];
  for (let round = 1; round <= effort.rounds; round += 1) {
    ofBaseline.push(await measureRound(`${name}: P, round ${round}`, baseline, effort));
    ofTarget.push(await measureRound(`${name}: round ${round}`, target, effort));
  }
  const p = summary(ofBaseline);
  const measured = summary(ofTarget);
  return {
    baseline: p,
    profile: {
      ...measured,
      maxRatioToBaseline: median(pairs(ofTarget, ofBaseline, ({ perSecond }) => perSecond)),
      p50RatioToBaseline: median(pairs(ofTarget, ofBaseline, ({ p50Ms }) => p50Ms)),
      cpuMsPerMessage: ofTarget.at(-1)?.cpu ?? {},
    },
  };
}

/** The most messages a second, with what each cost. */
export async function measureClosed(target: LoadTarget, seconds: number): Promise<Load> {
  const before = cpuByProcess();
  const { perSecond, answered, failed } = await runClosedLoop(target, CONNECTIONS, seconds);
  return { perSecond, failed, cpuMsPerMessage: cpuPerMessage(before, cpuByProcess(), answered) };
}

/** Latency and cost at a rate. */
export async function measureOpen(
  target: LoadTarget,
  perSecond: number,
  seconds: number,
): Promise<Load> {
  const before = cpuByProcess();
  const { p50Ms, p99Ms, failed, requests } = await runOpenModel(target, perSecond, seconds);
  const cpuMsPerMessage = cpuPerMessage(before, cpuByProcess(), requests - failed);
  return { perSecond, p50Ms, p99Ms, failed, cpuMsPerMessage };
}

async function measureRound(label: string, target: LoadTarget, effort: Effort): Promise<Round> {
  const closed = await measureClosed(target, effort.closedSeconds);
  const open = await runOpenModel(target, STEADY_PER_SECOND, effort.openSeconds);
  console.log(
    `${label}: ${closed.perSecond.toFixed(0)}/s; at ${STEADY_PER_SECOND}/s ` +
      `p50 ${open.p50Ms.toFixed(2)} p99 ${open.p99Ms.toFixed(2)} max ${open.maxMs.toFixed(1)} ms; ` +
      `failed ${closed.failed + open.failed}`,
  );
  if (closed.failed + open.failed > 0) {
    throw new Error(
      `${label}: ${closed.failed + open.failed} requests failed; nothing is measured.`,
    );
  }
  return {
    perSecond: closed.perSecond,
    p50Ms: open.p50Ms,
    p99Ms: open.p99Ms,
    cpu: closed.cpuMsPerMessage,
  };
}

const summary = (rounds: readonly Round[]): Measured => ({
  maxPerSecond: median(rounds.map(({ perSecond }) => perSecond)),
  p50At80Ms: median(rounds.map(({ p50Ms }) => p50Ms)),
  p99At80Ms: median(rounds.map(({ p99Ms }) => p99Ms)),
});

const pairs = (
  targets: readonly Round[],
  baselines: readonly Round[],
  figure: (round: Round) => number,
): number[] =>
  targets.map((target, index) => {
    const beside = baselines[index];
    return beside ? figure(target) / figure(beside) : Number.NaN;
  });

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
