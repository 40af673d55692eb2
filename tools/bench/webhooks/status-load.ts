import { createHmac } from 'node:crypto';
import { cpuUsage, hrtime } from 'node:process';
import { Pool } from 'undici';
import { webhookJson } from '../../../apps/meta-simulator/src/domain/updates';
import { paced } from '../paced';
import type { AcceptedMessage } from './messages';

export interface StatusLoad {
  /** The ingress for Meta's webhooks. */
  readonly url: string;
  readonly appSecret: string;
  readonly wabaId: string;
  readonly phoneNumberIds: readonly string[];
  /** As many as `messagesFor` says. */
  readonly messages: readonly AcceptedMessage[];
  readonly perSecond: number;
  readonly seconds: number;
}

/** A status as it was offered; milliseconds of the machine's clock that never jumps. */
export interface OfferedStatus {
  readonly key: string;
  readonly tenant: number;
  readonly dueMs: number;
  /** When the 200 was there; null for any other answer. */
  readonly durableMs: number | null;
}

export interface OfferedStatuses {
  readonly statuses: readonly OfferedStatus[];
  readonly cpuMs: number;
}

const STATUSES = ['sent', 'delivered', 'read'] as const;
/** From one status of a message to its next. */
const STEP_SECONDS = 0.5;
const CONNECTIONS = 512;

/** The clock that processes of one machine share. */
export const machineMs = (): number => Number(hrtime.bigint()) / 1e6;

const stepOf = (perSecond: number): number =>
  Math.ceil((perSecond / STATUSES.length) * STEP_SECONDS);

/** How many messages it takes that each status is offered once. */
export const messagesFor = (perSecond: number, seconds: number): number =>
  Math.ceil((perSecond * seconds) / STATUSES.length) + 2 * stepOf(perSecond);

/** What names a status wherever it arrives. */
export const statusKey = (wamid: string, status: string): string => `${wamid} ${status}`;

/** Statuses as Meta sends them, one in each webhook, signed: `sent`, `delivered` and `read` of each message in turn. */
export async function offerStatuses(load: StatusLoad): Promise<OfferedStatuses> {
  const { origin, pathname } = new URL(load.url);
  const pool = new Pool(origin, { connections: CONNECTIONS, pipelining: 1 });
  const toMachineMs = machineMs() - performance.now();
  const step = stepOf(load.perSecond);
  const statuses: OfferedStatus[] = [];
  const before = cpuUsage();
  await paced(load.perSecond, load.perSecond * load.seconds, async (index, dueMs) => {
    const turn = index % STATUSES.length;
    const status = STATUSES[turn] ?? 'sent';
    // At any moment later messages are sent, earlier ones delivered, still earlier ones read.
    const place = Math.floor(index / STATUSES.length) + (STATUSES.length - 1 - turn) * step;
    const message = load.messages[place];
    if (!message) throw new Error(`${load.messages.length} messages are too few`);
    const isDurable = await isTaken(pool, pathname, load, statusWebhook(load, message, status));
    statuses[index] = {
      key: statusKey(message.wamid, status),
      tenant: message.tenant,
      dueMs: dueMs + toMachineMs,
      durableMs: isDurable ? machineMs() : null,
    };
  });
  const { user, system } = cpuUsage(before);
  await pool.close();
  return { statuses, cpuMs: (user + system) / 1_000 };
}

function statusWebhook(load: StatusLoad, message: AcceptedMessage, status: string): Buffer {
  const pricing =
    status === 'read'
      ? ''
      : ',"pricing":{"billable":false,"pricing_model":"PMP","type":"free_customer_service","category":"service"}';
  const timestamp = Math.floor(Date.now() / 1_000);
  const json =
    `{"id":"${message.wamid}","status":"${status}","timestamp":"${timestamp}","recipient_id":"905321234567",` +
    `"biz_opaque_callback_data":"${message.callbackData}"${pricing}}`;
  const phoneNumberId = load.phoneNumberIds[message.tenant] ?? '';
  return Buffer.from(
    webhookJson([{ kind: 'statuses', wabaId: load.wabaId, phoneNumberId, json }]),
    'latin1',
  );
}

async function isTaken(
  pool: Pool,
  path: string,
  { appSecret }: StatusLoad,
  webhook: Buffer,
): Promise<boolean> {
  try {
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path,
      headers: {
        'content-type': 'application/json',
        'x-hub-signature-256': `sha256=${createHmac('sha256', appSecret).update(webhook).digest('hex')}`,
      },
      body: webhook,
    });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false; // no answer: to Meta the same as any answer but 200
  }
}
