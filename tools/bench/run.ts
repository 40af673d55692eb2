import type { BenchStage } from './bench-stage';
import { measureAtHalf } from './half';
import { measureIdle } from './idle';
import { measureLogins } from './logins';
import { compare, measureClosed, type Comparison, type Effort, type Measured } from './measure';
import type { LoadTarget } from './load-target';
import { machine, type Report } from './report';
import { hotTenant, manyTenants, stored } from './scenarios';
import { soak } from './soak';
import { measureAllWebhooks, type Webhooks } from './webhooks/webhooks';

export const SCENARIOS = [
  'profiles',
  'idle',
  'half',
  'hot',
  'logins',
  'webhooks',
  'webhooks-standalone',
  'soak',
  'tenants',
  'stock',
  'stored',
] as const;
export type Scenario = (typeof SCENARIOS)[number];

const AT_RATES: readonly Scenario[] = ['half', 'hot', 'soak'];
const ON_STANDALONE: readonly Scenario[] = ['profiles', 'webhooks-standalone'];
const ON_CLUSTER: readonly Scenario[] = ['profiles', 'idle', 'logins', 'webhooks', ...AT_RATES];

export interface RunOptions {
  /** Two short rounds of the profiles: within 4 minutes, set-up included. */
  readonly isQuick: boolean;
  readonly storedRows: number;
  readonly soakSeconds: number;
}

const FULL: Effort = { rounds: 5, warmSeconds: 40, closedSeconds: 10, openSeconds: 20 };
const QUICK: Effort = { rounds: 2, warmSeconds: 25, closedSeconds: 6, openSeconds: 8 };
/** The chain is slow, not variable. */
const STOCK: Effort = { rounds: 1, warmSeconds: 15, closedSeconds: 10, openSeconds: 20 };
const WEBHOOK_SECONDS = 60;
const WEBHOOK_SECONDS_QUICK = 10;
const WEBHOOK_WARM_SECONDS = 20;
const IDLE_SECONDS = 30;
const IDLE_SECONDS_QUICK = 8;

/** Runs what is asked for; profiles that several scenarios need are started once. */
export async function runScenarios(
  stage: BenchStage,
  scenarios: ReadonlySet<Scenario>,
  options: RunOptions,
): Promise<Report> {
  const effort = options.isQuick ? QUICK : FULL;
  const standalone = await ofStandalone(stage, scenarios, { ...options, effort });
  const cluster = await ofCluster(stage, scenarios, { ...options, effort });
  const baseline = baselineOf(standalone.compared, cluster.compared);
  return {
    machine: machine(new Date()),
    ...(baseline && { baseline }),
    ...standalone.report,
    ...cluster.report,
    ...(scenarios.has('tenants') && {
      tenants: await closing(stage, manyTenants(stage, effort.closedSeconds)),
    }),
    ...(scenarios.has('stock') && { stock: await ofStock(stage) }),
    ...(scenarios.has('stored') && {
      stored: await closing(stage, stored(stage, options.storedRows, effort.closedSeconds)),
    }),
  };
}

interface OfProfile {
  readonly compared?: Comparison;
  readonly report: Partial<Report>;
}

type ProfileOptions = RunOptions & { readonly effort: Effort };

async function ofStandalone(
  stage: BenchStage,
  scenarios: ReadonlySet<Scenario>,
  { effort, isQuick }: ProfileOptions,
): Promise<OfProfile> {
  if (!ON_STANDALONE.some((each) => scenarios.has(each))) return { report: {} };
  const target = await stage.standalone();
  const compared = scenarios.has('profiles')
    ? await compare('standalone', target, stage.baseline(), effort)
    : undefined;
  const webhooksStandalone = scenarios.has('webhooks-standalone')
    ? await ofWebhooks(stage, 'standalone', target, isQuick)
    : undefined;
  await stage.stopGateway();
  return {
    report: {
      ...(compared && { standalone: compared.profile }),
      ...(webhooksStandalone && { webhooksStandalone }),
    },
    ...(compared && { compared }),
  };
}

const ofWebhooks = (
  stage: BenchStage,
  profile: 'standalone' | 'cluster',
  target: LoadTarget,
  isQuick: boolean,
): Promise<Webhooks> =>
  measureAllWebhooks({
    name: `webhooks, ${profile}`,
    target,
    baseline: stage.baseline(),
    dataDir: stage.dataDirOf(profile),
    seconds: isQuick ? WEBHOOK_SECONDS_QUICK : WEBHOOK_SECONDS,
    baselineSeconds: (isQuick ? QUICK : FULL).openSeconds,
    warmSeconds: isQuick ? WEBHOOK_SECONDS_QUICK : WEBHOOK_WARM_SECONDS,
  });

/** What is measured on one running cluster: idle before the load, memory after it. */
async function ofCluster(
  stage: BenchStage,
  scenarios: ReadonlySet<Scenario>,
  { effort, isQuick, soakSeconds }: ProfileOptions,
): Promise<OfProfile> {
  if (!ON_CLUSTER.some((each) => scenarios.has(each))) return { report: {} };
  const target = await stage.cluster();
  const baseline = stage.baseline();
  const idle = scenarios.has('idle')
    ? await measureIdle(isQuick ? IDLE_SECONDS_QUICK : IDLE_SECONDS)
    : undefined;
  const compared = scenarios.has('profiles')
    ? await compare('cluster', target, baseline, effort)
    : undefined;
  const webhooks = scenarios.has('webhooks')
    ? await ofWebhooks(stage, 'cluster', target, isQuick)
    : undefined;
  const report: Partial<Report> = {
    ...(webhooks && { webhooks }),
    ...(idle && { idle }),
    ...(compared && { cluster: compared.profile }),
    ...(await atRates(target, baseline, scenarios, {
      maxPerSecond: compared?.profile.maxPerSecond,
      openSeconds: effort.openSeconds,
      soakSeconds,
    })),
    ...(scenarios.has('logins') && { logins: await measureLogins(target, effort.openSeconds) }),
  };
  await stage.stopGateway();
  return { report, ...(compared && { compared }) };
}

/** What is measured at half of the most messages a second, which is found out first unless it is known. */
async function atRates(
  target: LoadTarget,
  baseline: LoadTarget,
  scenarios: ReadonlySet<Scenario>,
  known: {
    readonly maxPerSecond: number | undefined;
    readonly openSeconds: number;
    readonly soakSeconds: number;
  },
): Promise<Partial<Report>> {
  if (!AT_RATES.some((each) => scenarios.has(each))) return {};
  const { openSeconds, soakSeconds } = known;
  const maxPerSecond = known.maxPerSecond ?? (await measureClosed(target, 20)).perSecond;
  return {
    ...(scenarios.has('half') && {
      atHalf: await measureAtHalf(target, baseline, maxPerSecond, openSeconds),
    }),
    ...(scenarios.has('hot') && { hot: await hotTenant(target, maxPerSecond, openSeconds) }),
    ...(scenarios.has('soak') && {
      soak: await soak(target, Math.round(maxPerSecond / 2), soakSeconds),
    }),
  };
}

async function ofStock(stage: BenchStage): Promise<Comparison['profile']> {
  const chain = await stage.stockChain();
  const { profile } = await compare('stock chain', chain, stage.baseline(), STOCK);
  await stage.stopStockChain();
  return profile;
}

async function closing<T>(stage: BenchStage, measured: Promise<T>): Promise<T> {
  const result = await measured;
  await stage.stopGateway();
  return result;
}

/** P was measured beside each profile; its figures are shown once, the ratios are those of neighbours. */
function baselineOf(
  standalone: Comparison | undefined,
  cluster: Comparison | undefined,
): Measured | undefined {
  if (!standalone || !cluster) return undefined;
  const one = standalone.baseline;
  const other = cluster.baseline;
  return {
    maxPerSecond: (one.maxPerSecond + other.maxPerSecond) / 2,
    p50At80Ms: (one.p50At80Ms + other.p50At80Ms) / 2,
    p99At80Ms: (one.p99At80Ms + other.p99At80Ms) / 2,
  };
}
