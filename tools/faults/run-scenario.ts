import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { answerViolations, countsOf } from './answers';
import { makeEndpoints } from './endpoints';
import { loadOplog, loadSends, loadWindows, prepareFacts } from './facts';
import { INVARIANTS } from './invariants';
import { Load, type Sender } from './load';
import { leaksIn } from './log-scan';
import { beginWebhooks, clearMetaFaults } from './meta-faults';
import { MoneyWatch } from './money-watch';
import { Oplog } from './oplog';
import { customersAreKnown, quiet, until } from './quiet';
import type { GoneWindow, Scenario, Stage } from './scenario';
import { seeded } from './seeded';
import { makeSenders } from './senders';
import { loadReceived } from './webhook-facts';
import { WEBHOOK_INVARIANTS } from './webhook-invariants';
import type { World } from './world';

interface Violation {
  readonly invariant: string;
  readonly text: string;
}

interface Figure {
  readonly name: string;
  readonly ms: number;
  readonly limitMs: number;
}

export interface Result {
  readonly scenario: Pick<Scenario, 'name' | 'row' | 'says'>;
  readonly seed: number;
  /** What happened when, as it was printed. */
  readonly timeline: readonly string[];
  readonly violations: readonly Violation[];
  /** How often each answer came. */
  readonly answers: Readonly<Record<string, number>>;
  /** From the heal to the tenth answer of 200 after it; null when it never came. */
  readonly recoveryMs: number | null;
  readonly moneyLooks: number;
  /** What the scenario measured, in milliseconds. */
  readonly figures: readonly Figure[];
  readonly durationMs: number;
}

export interface RunOptions {
  readonly seed: number;
  /** Multiplies every limit of time, for a machine that is busy with something else. */
  readonly patience: number;
  readonly print: (line: string) => void;
}

/** Limits in milliseconds, times `patience`; none of them is waited out while the condition holds earlier. */
const WARM_MS_MAX = 30_000;
const RECOVERY_MS_MAX = 30_000;
const SETTLED_MS_MAX = 90_000;

const WARM_ANSWERS = 20;
const RECOVERED_ANSWERS = 10;
const SHOWN_MAX = 8;

const RECIPIENTS = ['905321234567', '447700900123', '15125550199'];
const BALANCE_MICRO_USD = 100_000_000n;

/** Load, fault, heal, quiet, checks. */
export async function runScenario(
  world: World,
  scenario: Scenario,
  options: RunOptions,
): Promise<Result> {
  return new ScenarioRun(world, scenario, options).run();
}

class ScenarioRun {
  private readonly startedMs = Date.now();
  private readonly windows: GoneWindow[] = [];
  private readonly violations: Violation[] = [];
  private readonly figures: Figure[] = [];
  private readonly timeline: string[] = [];
  private readonly name: string;

  constructor(
    private readonly world: World,
    private readonly scenario: Scenario,
    private readonly options: RunOptions,
  ) {
    this.name = `${scenario.name}-${options.seed}-${this.startedMs.toString(36)}`;
  }

  async run(): Promise<Result> {
    const { world, scenario, options } = this;
    this.note(`${scenario.name}: ${scenario.says} (seed ${options.seed})`);
    const senders = await makeSenders(
      world.dataDir,
      scenario.senders ?? 2,
      scenario.balanceMicroUsd ?? BALANCE_MICRO_USD,
    );
    await prepareFacts(world.database, senders);
    await beginWebhooks(world.simulatorUrl);
    world.customers.expect(await makeEndpoints(world, senders));
    await Promise.all((scenario.doubled ?? []).map((service) => world.add(service)));
    if (!(await customersAreKnown(world, senders))) this.add('I4', 'a new endpoint gets nothing');
    const oplog = await this.oplog();
    const money = new MoneyWatch(() => world.postgres.url);
    const load = new Load({
      urls: () => world.urls,
      senders,
      perSecond: scenario.perSecond ?? 30,
      name: this.name,
      oplog,
      repeatEvery: 10,
      recipients: scenario.recipients ?? RECIPIENTS,
    });
    let recoveryMs: number | null;
    try {
      recoveryMs = await this.faultAndRecovery(load, senders);
    } finally {
      await load.stop();
      await oplog.close();
      world.network.restore();
      world.customers.heal();
      await clearMetaFaults(world.simulatorUrl);
    }
    await this.settled();
    await money.stop();
    await world.removeAdded();
    for (const text of money.violations) this.add('I6', text);
    await this.check(oplog, this.stage(load, senders));
    const { name, row, says } = scenario;
    return {
      scenario: { name, row, says },
      seed: options.seed,
      timeline: this.timeline,
      violations: this.violations,
      answers: countsOf(load.ended),
      figures: this.figures,
      recoveryMs,
      moneyLooks: money.looks,
      durationMs: Date.now() - this.startedMs,
    };
  }

  private async faultAndRecovery(load: Load, senders: readonly Sender[]): Promise<number | null> {
    const { world, scenario, options } = this;
    const isWarm = await until(
      () => okSince(load, 0) >= WARM_ANSWERS,
      WARM_MS_MAX * options.patience,
    );
    if (!isWarm) this.add('I10', 'the load did not start to be answered 200');
    await scenario.run(this.stage(load, senders)).catch((error: unknown) => {
      this.add('I10', `the scenario broke off: ${String(error)}`);
    });
    const healedAtMs = Date.now();
    this.note('healed');
    const isBack = await until(
      () => okSince(load, healedAtMs) >= RECOVERED_ANSWERS,
      RECOVERY_MS_MAX * options.patience,
    );
    const recoveryMs = isBack ? Date.now() - healedAtMs : null;
    if (recoveryMs === null) {
      this.add(
        'I10',
        `no progress ${(RECOVERY_MS_MAX * options.patience) / 1_000} s after the heal`,
      );
    } else this.note(`messages flow ${(recoveryMs / 1_000).toFixed(1)} s after the heal`);
    await world.ready(RECOVERY_MS_MAX * options.patience).catch((error: unknown) => {
      this.add('I10', String(error));
    });
    return recoveryMs;
  }

  private stage(load: Load, senders: readonly Sender[]): Stage {
    return {
      world: this.world,
      random: seeded(this.options.seed),
      senders,
      load,
      note: (text) => {
        this.note(text);
      },
      violated: (invariant, text) => {
        this.add(invariant, text);
      },
      measured: (name, ms, limitMs) => {
        this.note(`${name}: ${Math.round(ms)} ms`);
        this.figures.push({ name, ms: Math.round(ms), limitMs });
        if (ms > limitMs * this.options.patience) {
          this.add('I10', `${name} took ${Math.round(ms)} ms, at most ${limitMs} are promised`);
        }
      },
      during: async ({ target, says, isGone = false }, work) => {
        this.note(says);
        const fromMs = Date.now();
        try {
          await work();
        } finally {
          this.windows.push({ target, fromMs, toMs: Date.now(), isGone });
        }
      },
    };
  }

  private async settled(): Promise<void> {
    const { world, options } = this;
    const { isEnded, isTold, isDelivered } = await quiet(
      world,
      () => loadSends(world.database, world.simulatorUrl, this.name),
      SETTLED_MS_MAX * options.patience,
    );
    this.note(isEnded ? 'everything has ended' : 'not everything has ended in time');
    if (!isTold) this.add('I10', 'Meta could not tell everything in time');
    this.note(isDelivered ? 'every customer has everything' : 'a customer lacks something');
  }

  private async check(oplog: Oplog, stage: Stage): Promise<void> {
    const { senders, load } = stage;
    const { database, customers, logDir } = this.world;
    await loadOplog(database, oplog.path);
    await loadWindows(database, this.windows);
    await loadReceived(database, customers.received);
    for (const { id, sql } of [...INVARIANTS, ...WEBHOOK_INVARIANTS]) {
      const { rows } = await database.query<{ violation: string }>(sql);
      for (const { violation } of rows) this.add(id, violation);
    }
    await this.scenario.afterwards?.(stage);
    const { recipients = RECIPIENTS, codes = [] } = this.scenario;
    const { windows } = this;
    const { patience } = this.options;
    for (const text of answerViolations(load.ended, { codes, windows, patience }))
      this.add('I11', text);
    for (const leak of leaksIn(logDir, [...senders.map(({ key }) => key), ...recipients])) {
      this.add('I12', leak);
    }
  }

  private async oplog(): Promise<Oplog> {
    const folder = join(this.world.dataDir, 'oplogs');
    mkdirSync(folder, { recursive: true });
    return Oplog.create(join(folder, `${this.name}.jsonl`));
  }

  private add(invariant: string, text: string): void {
    this.violations.push({ invariant, text });
    const shown = this.violations.filter((each) => each.invariant === invariant).length;
    if (shown <= SHOWN_MAX) this.note(`${invariant} VIOLATED: ${text}`);
  }

  private note(text: string): void {
    const seconds = ((Date.now() - this.startedMs) / 1_000).toFixed(1).padStart(6);
    const line = `${seconds} s  ${text}`;
    this.timeline.push(line);
    this.options.print(line);
  }
}

const okSince = (load: Load, sinceMs: number): number =>
  load.ended.filter(({ kind, startedAtMs }) => kind === 'ok' && startedAtMs >= sinceMs).length;
