import type { ChildProcess } from 'node:child_process';
import type { SeededTenant } from '../../../apps/auth/src/demo-identity';
import { metaAppSecret } from '../../../apps/standalone/src/embedded-environment';
import { Installation } from '../../../apps/standalone/src/installation';
import { seedTenants } from '../../seed/seed-tenants';
import { runOpenModel } from '../load';
import type { LoadTarget } from '../load-target';
import { ended, forked } from '../processes';
import { commitMs } from './commit';
import { registerEndpoints } from './endpoints';
import { measureWebhooks, type WebhookLoad, type WebhookTarget } from './measure-webhooks';
import type { ReceiverFault } from './receivers';

/** P at the same rate. */
interface AtRate {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Webhooks {
  /** 240 events a second for 50 applications; P beside it. */
  readonly plain: WebhookLoad;
  readonly plainBaseline: AtRate;
  /** The same while three endpoints hang, answer 500 and drip; of the other 47. */
  readonly beside: WebhookLoad;
  /** 1,000 a second; P beside it. */
  readonly storm: WebhookLoad;
  readonly stormBaseline: AtRate;
  /** One commit of the database that the events are stored in. */
  readonly commitMs: number;
}

export interface WebhooksRun {
  readonly name: string;
  readonly target: LoadTarget;
  readonly baseline: LoadTarget;
  /** Of the profile that runs. */
  readonly dataDir: string;
  readonly seconds: number;
  readonly warmSeconds: number;
  readonly baselineSeconds: number;
}

/** Three times what one phone number may send by default: `sent`, `delivered` and `read` of each message. */
const STEADY_PER_SECOND = 240;
const STORM_PER_SECOND = 1_000;
const FAULTS: readonly ReceiverFault[] = ['hangs', 'answers 500', 'drips'];
const APPLICATIONS = 50;
const RECEIVERS_PORT = 29_300;
const WABA_ID = '102290129340398';

/** Meta's webhooks through a running profile to its customers' sockets, beside P at the same rates. */
export async function measureAllWebhooks(run: WebhooksRun): Promise<Webhooks> {
  const { target, dataDir } = run;
  const tenants = await seedTenants({ dataDir, count: APPLICATIONS + FAULTS.length });
  const receivers = await forked('webhooks/receivers.js', [
    String(RECEIVERS_PORT),
    String(tenants.length),
  ]);
  try {
    await registerEndpoints(
      { origin: target.origin, dataDir },
      tenants,
      (index) => `http://127.0.0.1:${RECEIVERS_PORT + index}/webhook`,
    );
    return await measured(run, receivers, tenants);
  } finally {
    await ended(receivers, 'SIGTERM');
  }
}

async function measured(
  run: WebhooksRun,
  receivers: ChildProcess,
  tenants: readonly SeededTenant[],
): Promise<Webhooks> {
  const { name, baseline, dataDir, seconds, warmSeconds, baselineSeconds } = run;
  const first = webhookTarget(run, receivers, tenants.slice(0, APPLICATIONS), 0);
  // Not those that failed before: what waits for their retries is no part of it.
  const others = webhookTarget(run, receivers, tenants.slice(FAULTS.length), FAULTS.length);
  console.log(`${name}: warming up`);
  await measureWebhooks(first, { perSecond: STEADY_PER_SECOND, seconds: warmSeconds });
  const steady = { perSecond: STEADY_PER_SECOND, seconds };
  const plainBaseline = await atRate(baseline, STEADY_PER_SECOND, baselineSeconds);
  const plain = said(`${name}, plain`, await measureWebhooks(first, steady));
  const beside = said(
    `${name}, beside ${FAULTS.length} broken endpoints`,
    await measureWebhooks(first, { ...steady, faults: FAULTS }),
  );
  const heavy = { perSecond: STORM_PER_SECOND, seconds };
  const stormBaseline = await atRate(baseline, STORM_PER_SECOND, baselineSeconds);
  const storm = said(`${name}, storm`, await measureWebhooks(others, heavy));
  const commit = await commitMs(dataDir);
  return { plain, plainBaseline, beside, storm, stormBaseline, commitMs: commit };
}

function webhookTarget(
  { target, dataDir }: WebhooksRun,
  receivers: ChildProcess,
  tenants: readonly SeededTenant[],
  firstEndpoint: number,
): WebhookTarget {
  return {
    messages: { ...target, keys: tenants.map(({ keys }) => keys.production) },
    url: `${target.origin}/v1/webhooks/meta`,
    appSecret: metaAppSecret(Installation.open(dataDir)),
    wabaId: WABA_ID,
    phoneNumberIds: tenants.map(({ phoneNumberId }) => phoneNumberId),
    receivers,
    firstEndpoint,
  };
}

async function atRate(baseline: LoadTarget, perSecond: number, seconds: number): Promise<AtRate> {
  const { p50Ms, p99Ms } = await runOpenModel(baseline, perSecond, seconds);
  console.log(`P at ${perSecond}/s: p50 ${p50Ms.toFixed(2)} p99 ${p99Ms.toFixed(2)} ms`);
  return { perSecond, p50Ms, p99Ms };
}

function said(label: string, load: WebhookLoad): WebhookLoad {
  console.log(
    `${label}: ${load.perSecond}/s; durable p50 ${load.durableP50Ms.toFixed(2)} p99 ${load.durableP99Ms.toFixed(2)}, ` +
      `at the socket p50 ${load.p50Ms.toFixed(2)} p99 ${load.p99Ms.toFixed(2)} max ${load.maxMs.toFixed(1)} ms; ` +
      `refused ${load.refused}, missing ${load.missing}, repeated ${load.repeated}; ` +
      `the last one ${load.lastAfterMs.toFixed(0)} ms after the load's end`,
  );
  return load;
}
