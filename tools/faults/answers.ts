import type { Ended } from './load';
import type { GoneWindow } from './scenario';

const REFUSAL_MS_MAX = 2_000;
/**
 * Billing leaves the refusal of a message with a key to the dispatcher, which may have to replay an answer: without its
 * store it waits for the offset behind the refusal, at most to the message's deadline.
 */
const KEYED_REFUSAL_MS_MAX = 10_000 + REFUSAL_MS_MAX;
/** A little less than the second between two probes of the breaker. */
const PROBE_INTERVAL_MS = 900;
/** A part is known to be gone this long after it went. */
const KNOWN_AFTER_MS = 5_000;

const HONEST = [
  '200',
  'GW_006',
  'GW_008',
  'GW_010',
  'META_005',
  'META_001',
  'META_003',
  'BILL_002',
  'no answer',
];
const REFUSALS = new Set(['GW_008', 'AUTH_004', 'BILL_002', 'WH_005']);

/** I11 of the answers that clients saw: honest codes, and refusals in time once a part is known to be gone. */
export function answerViolations(
  ended: readonly Ended[],
  {
    codes,
    windows,
    patience,
  }: {
    readonly codes: readonly string[];
    readonly windows: readonly GoneWindow[];
    readonly patience: number;
  },
): string[] {
  const honest = new Set([...HONEST, ...codes]);
  const dishonest = ended
    .filter(({ code }) => !honest.has(code))
    .map(({ marker, code }) => `${marker} was answered ${code}`);
  const late = withoutProbes(
    ended
      .filter(({ code }) => REFUSALS.has(code))
      .filter((each) => windows.some((window) => isKnownGone(window, each)))
      .filter(({ isKeyed, startedAtMs, endedAtMs }) => {
        const limitMs = isKeyed ? KEYED_REFUSAL_MS_MAX : REFUSAL_MS_MAX;
        return endedAtMs - startedAtMs > limitMs * patience;
      }),
  ).map(
    ({ marker, code, startedAtMs, endedAtMs }) =>
      `${marker} was refused with ${code} after ${endedAtMs - startedAtMs} ms`,
  );
  return [...dishonest, ...late];
}

/** An open breaker lets one request a second of a partition through, to learn that the path is back: that one waits. */
function withoutProbes(late: readonly Ended[]): Ended[] {
  const probedAtMs = new Map<string, number>();
  return [...late]
    .sort((one, other) => one.startedAtMs - other.startedAtMs)
    .filter(({ appId, code, startedAtMs }) => {
      const before = probedAtMs.get(appId) ?? -Infinity;
      if (code !== 'GW_008' || startedAtMs - before < PROBE_INTERVAL_MS) return true;
      probedAtMs.set(appId, startedAtMs);
      return false;
    });
}

const isKnownGone = ({ isGone, fromMs, toMs }: GoneWindow, { startedAtMs }: Ended): boolean =>
  isGone && startedAtMs >= fromMs + KNOWN_AFTER_MS && startedAtMs < toMs - KNOWN_AFTER_MS;

export function countsOf(ended: readonly Ended[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code } of ended) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

/**
 * The longest time without an answer of 200 between two moments, as the application sees it that waits longest: of two
 * instances the one that lives goes on with its own partitions.
 */
export function longestStallMs(ended: readonly Ended[], fromMs: number, toMs: number): number {
  const moments = new Map<string, number[]>();
  for (const { appId, kind, endedAtMs } of ended) {
    const ofApp = moments.get(appId) ?? [];
    moments.set(appId, ofApp);
    if (kind === 'ok' && endedAtMs >= fromMs && endedAtMs <= toMs) ofApp.push(endedAtMs);
  }
  return Math.max(...[...moments.values()].map((each) => longestGap([fromMs, ...each, toMs])));
}

function longestGap(moments: readonly number[]): number {
  const sorted = [...moments].sort((one, other) => one - other);
  return Math.max(...sorted.slice(1).map((moment, index) => moment - (sorted[index] ?? 0)));
}
