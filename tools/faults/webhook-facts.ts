import type { Client } from 'pg';
import type { Received } from './customers';
import { insert } from './facts';
import { updatesOf } from './meta-updates';

interface LedgerEntry {
  readonly at: string;
  readonly acceptedAt: string | null;
  readonly body: Parameters<typeof updatesOf>[0];
}

const PAGE = 5_000;
const INSERTED_MAX = 20_000;

/** Enters every webhook of Meta's ledger, with each update in it by itself. */
export async function loadTold(database: Client, simulatorUrl: string): Promise<void> {
  await database.query('truncate faults.told');
  for (let after: number | null = 0; after !== null;) {
    const response: Response = await fetch(
      `${simulatorUrl}/_simulator/webhooks?after=${after}&limit=${PAGE}`,
    );
    const page = (await response.json()) as {
      readonly webhooks: readonly LedgerEntry[];
      readonly next: number | null;
    };
    const rows = page.webhooks.flatMap(({ at, acceptedAt, body }) =>
      updatesOf(body).map(({ item, wamid, status, phoneNumberId }) => ({
        item,
        wamid,
        status,
        phone_number_id: phoneNumberId,
        sent_at: at,
        accepted_at: acceptedAt,
      })),
    );
    await insert(database, 'faults.told', rows);
    after = page.next;
  }
  await database.query('analyze faults.told');
}

export async function loadReceived(database: Client, received: readonly Received[]): Promise<void> {
  await database.query('truncate faults.received');
  for (let from = 0; from < received.length; from += INSERTED_MAX) {
    const rows = received.slice(from, from + INSERTED_MAX).map((each) => ({
      app_id: each.appId,
      item: each.item,
      phone_number_id: each.phoneNumberId,
      at: new Date(each.atMs),
      is_taken: each.isTaken,
      is_signed: each.isSigned,
    }));
    await insert(database, 'faults.received', rows);
  }
  await database.query('analyze faults.received');
}
