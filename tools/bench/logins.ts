import { setTimeout as sleep } from 'node:timers/promises';
import { generate, runOpenModel } from './load';
import type { LoadTarget } from './load-target';
import type { LoginFlood } from './login-flood';
import { median } from './measure';

/** Sends beside somebody who tries passwords, each run of them after one without. */
export interface Logins {
  readonly perSecond: number;
  readonly loginsPerSecond: number;
  /** p99 of sends, median over the runs. */
  readonly p99Ms: number;
  readonly p99WithLoginsMs: number;
  /** Median of the ratios of neighbours. */
  readonly p99Ratio: number;
  /** The one with the median p99 of what was refused. */
  readonly flood: LoginFlood;
}

const ROUNDS = 5;
const PER_SECOND = 80;
const LOGINS_PER_SECOND = 200;
const WARM_SECONDS = 20;
/** The attempts begin before the sends and end after them: a generator that starts takes a processor by itself. */
const AROUND_SECONDS = 3;

/** @param seconds of each run */
export async function measureLogins(target: LoadTarget, seconds: number): Promise<Logins> {
  const flood = (): Promise<LoginFlood> =>
    generate({
      kind: 'logins',
      origin: target.origin,
      perSecond: LOGINS_PER_SECOND,
      seconds: seconds + 2 * AROUND_SECONDS,
    }) as Promise<LoginFlood>;
  const send = async (): Promise<number> => {
    const { p99Ms, failed } = await runOpenModel(target, PER_SECOND, seconds);
    if (failed > 0) throw new Error(`${failed} sends failed; nothing is measured.`);
    return p99Ms;
  };
  await runOpenModel(target, PER_SECOND, WARM_SECONDS);
  await flood();
  const rounds: { without: number; beside: number; flood: LoginFlood }[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const without = await send();
    const flooding = flood();
    await sleep(AROUND_SECONDS * 1_000);
    const beside = await send();
    const offered = await flooding;
    rounds.push({ without, beside, flood: offered });
    console.log(
      `logins: round ${round}: p99 of sends ${without.toFixed(1)} ms, beside them ${beside.toFixed(1)} ms; ` +
        `${offered.hashed} hashed, ${offered.refused} refused, p99 ${offered.refusedP99Ms.toFixed(1)} ms`,
    );
  }
  const floods = rounds
    .map((round) => round.flood)
    .sort((one, other) => one.refusedP99Ms - other.refusedP99Ms);
  const middle = floods[Math.floor(ROUNDS / 2)];
  if (!middle) throw new Error('there were no rounds');
  return {
    perSecond: PER_SECOND,
    loginsPerSecond: LOGINS_PER_SECOND,
    p99Ms: median(rounds.map(({ without }) => without)),
    p99WithLoginsMs: median(rounds.map(({ beside }) => beside)),
    p99Ratio: median(rounds.map(({ without, beside }) => beside / without)),
    flood: middle,
  };
}
