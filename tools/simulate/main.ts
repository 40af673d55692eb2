import { parseArgs } from 'node:util';
import { PLANTED } from './planted';
import { simulate } from './simulation';

const HELP = `npm run simulate -- [--seeds N] [--from S] [--seed S] [--planted BUG]

  --seeds N      so many seeds (1000 unless given)
  --from S       the first of them (1 unless given), to share them among processes
  --seed S       this one alone, with its timeline
  --planted BUG  with a bug: ${Object.keys(PLANTED).join(', ')};
                 it must be found

Real: the edge's submissions, the rate-limiter's admission with its memory store, billing's fees, holds, settlements
and reconciler, the dispatcher's way from a funded record to its outcome, their domain rules, and the runner that
batches, retries and marks offsets. Modelled: Kafka's log and groups, the statements of the two databases, Meta's socket,
replies and commands between processes, channels, time. Every await at a store, a produce, a reply or Meta may delay,
fail, lose its answer, or be the last thing that its process does. Not here: HTTP and keys before the edge, tenancy,
Meta's statuses and the prices that follow from them, usage by hour.`;

const PLANTED_SEEDS_MAX = 1_000;
const PROGRESS_EVERY = 10_000;

/** Ends with 1 when a promise was broken, or when a planted bug was not found. */
async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      planted: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return true;
  }
  const { planted } = values;
  if (planted !== undefined) {
    const bug = PLANTED[planted];
    if (!bug) throw new Error(`no bug ${planted}: ${Object.keys(PLANTED).join(', ')}`);
    bug();
  }
  if (values.seed !== undefined) return replay(Number(values.seed));
  const seeds = planted === undefined ? Number(values.seeds) : PLANTED_SEEDS_MAX;
  const isFound = await search(Number(values.from), seeds);
  if (planted === undefined) return !isFound;
  if (!isFound) console.log(`the bug ${planted} was not found in ${PLANTED_SEEDS_MAX} seeds`);
  return isFound;
}

/** Runs seed after seed until one breaks a promise; true when one did. */
async function search(from: number, seeds: number): Promise<boolean> {
  const startedMs = Date.now();
  const totals = { messages: 0, deaths: 0 };
  for (let seed = from; seed < from + seeds; seed += 1) {
    const { violations, messages, deaths } = await simulate(seed);
    totals.messages += messages;
    totals.deaths += deaths;
    const done = seed - from + 1;
    if (done % PROGRESS_EVERY === 0 && done < seeds) console.log(`${done} of ${seeds} seeds`);
    if (violations.length === 0) continue;
    console.log(`seed ${seed} breaks a promise: ${violations.slice(0, 5).join('; ')}`);
    console.log(`again with: npm run simulate -- --seed ${seed}`);
    return true;
  }
  const seconds = ((Date.now() - startedMs) / 1_000).toFixed(1);
  console.log(
    `${seeds} seeds, ${totals.messages} messages, ${totals.deaths} killed processes, 0 violations, ${seconds} s`,
  );
  return false;
}

async function replay(seed: number): Promise<boolean> {
  const { trace, violations } = await simulate(seed);
  console.log(trace.join('\n'));
  console.log(violations.length === 0 ? '0 violations' : violations.join('\n'));
  return violations.length === 0;
}

main().then(
  (isGood) => process.exit(isGood ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
