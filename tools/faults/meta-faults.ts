/** A fault of the simulator, see `docs/simulator.md`. */
export interface MetaFault {
  readonly fault?: string;
  readonly latencyMs?: number;
  readonly count?: number;
  readonly phoneNumberId?: string;
}

export async function setMetaFault(simulatorUrl: string, fault: MetaFault): Promise<void> {
  const response = await fetch(`${simulatorUrl}/_simulator/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  });
  if (!response.ok) throw new Error(`the simulator refuses the fault: ${await response.text()}`);
}

export async function clearMetaFaults(simulatorUrl: string): Promise<void> {
  await fetch(`${simulatorUrl}/_simulator/faults`, { method: 'DELETE' });
}

/** How Meta tells its webhooks; see `docs/simulator.md`. */
export interface MetaWebhookSettings {
  readonly batchMax?: number;
  readonly copies?: number;
  readonly isShuffled?: boolean;
  readonly retryMaxMs?: number;
}

/** Meta's own pauses grow to hours; nobody waits for those here. */
const ORDERLY: MetaWebhookSettings = {
  batchMax: 1,
  copies: 1,
  isShuffled: false,
  retryMaxMs: 2_000,
};

export async function setMetaWebhooks(
  simulatorUrl: string,
  settings: MetaWebhookSettings,
): Promise<void> {
  const response = await fetch(`${simulatorUrl}/_simulator/webhooks/settings`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(settings),
  });
  if (!response.ok) throw new Error(`the simulator refuses: ${await response.text()}`);
}

/** Forgets what Meta told before, and makes it tell in order, each once. */
export async function beginWebhooks(simulatorUrl: string): Promise<void> {
  await fetch(`${simulatorUrl}/_simulator/webhooks`, { method: 'DELETE' });
  await setMetaWebhooks(simulatorUrl, ORDERLY);
}

/** Messages of a user, as Meta tells them. */
export async function tellInbound(
  simulatorUrl: string,
  phoneNumberId: string,
  count: number,
): Promise<void> {
  await fetch(`${simulatorUrl}/_simulator/inbound`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ phoneNumberId, count }),
  });
}
