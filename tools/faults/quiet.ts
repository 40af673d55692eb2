import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { passTime } from './endpoints';
import { OPEN } from './invariants';
import type { Sender } from './load';
import { tellInbound } from './meta-faults';
import { loadTold } from './webhook-facts';
import { OPEN_WEBHOOKS } from './webhook-invariants';
import type { World } from './world';

/** Longer than the simulator's last status comes after a send. */
const STILL_MS = 2_000;
const KNOWN_MS_MAX = 60_000;
const KNOWN_POLL_MS = 300;

export async function until(
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
): Promise<boolean> {
  const endMs = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > endMs) return false;
    await sleep(50);
  }
  return true;
}

/**
 * Waits until messages of users reach each new customer: from then on the service that delivers knows his number. What
 * it did not know yet is adopted later, and is not in order with what came meanwhile.
 */
export async function customersAreKnown(
  { customers, simulatorUrl }: World,
  senders: readonly Sender[],
): Promise<boolean> {
  return until(async () => {
    const known = new Set(customers.received.map(({ appId }) => appId));
    const missing = senders.filter(({ appId }) => !known.has(appId));
    for (const { phoneNumberId } of missing) await tellInbound(simulatorUrl, phoneNumberId, 1);
    if (missing.length > 0) await sleep(KNOWN_POLL_MS);
    return missing.length === 0;
  }, KNOWN_MS_MAX);
}

/** Waits until every message, hold and charge has ended, Meta has told everything, and every customer has it. */
export async function quiet(world: World, loadSendsOfRun: () => Promise<void>, timeoutMs: number) {
  const isEnded = await until(() => isNothingOpen(world.database, OPEN), timeoutMs);
  const isTold = await until(isMetaStill(world.simulatorUrl), timeoutMs);
  await loadSendsOfRun();
  await loadTold(world.database, world.simulatorUrl);
  const isDelivered = await until(async () => {
    await passTime(world);
    return isNothingOpen(world.database, OPEN_WEBHOOKS);
  }, timeoutMs);
  return { isEnded, isTold, isDelivered };
}

async function isNothingOpen(database: Client, sql: string): Promise<boolean> {
  const { rows } = await database.query<{ open: number }>(sql);
  return rows[0]?.open === 0;
}

/** Meta waits for no answer, and has had nothing new to tell for a while. */
function isMetaStill(simulatorUrl: string): () => Promise<boolean> {
  let countSeen = -1;
  let changedAtMs = Date.now();
  return async () => {
    const response = await fetch(`${simulatorUrl}/_simulator/webhooks/count`);
    const { count, pending } = (await response.json()) as { count: number; pending: number };
    if (count !== countSeen) changedAtMs = Date.now();
    countSeen = count;
    return pending === 0 && Date.now() - changedAtMs > STILL_MS;
  };
}
