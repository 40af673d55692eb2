import { cpus, platform, release, totalmem } from 'node:os';
import type { AtHalf } from './half';
import type { Idle } from './idle';
import type { Logins } from './logins';
import type { Measured, MeasuredProfile } from './measure';
import type { Stored, Variant } from './scenarios';
import type { Soak } from './soak';
import type { Webhooks } from './webhooks/webhooks';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly date: string;
}

export interface Report {
  readonly machine: Machine;
  readonly baseline?: Measured;
  readonly standalone?: MeasuredProfile;
  readonly cluster?: MeasuredProfile;
  /** Of the cluster, as all that follows. */
  readonly idle?: Idle;
  readonly atHalf?: AtHalf;
  readonly tenants?: Variant;
  readonly hot?: Variant;
  readonly logins?: Logins;
  readonly stored?: Stored;
  readonly soak?: Soak;
  readonly webhooks?: Webhooks;
  readonly webhooksStandalone?: Webhooks;
  /** The same steps as request-reply of Nest's stock Kafka client. */
  readonly stock?: MeasuredProfile;
}

export const machine = (date: Date): Machine => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 2 ** 30),
  system: `${platform()} ${release()}`,
  node: process.version,
  date: date.toISOString().slice(0, 10),
});
