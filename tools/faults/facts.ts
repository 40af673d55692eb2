import { readFile } from 'node:fs/promises';
import type { Client } from 'pg';
import type { Sender } from './load';
import type { OplogEntry } from './oplog';
import { WEBHOOK_TABLES } from './webhook-tables';

/** A time during which a fault was at work, Unix milliseconds. */
export interface FaultWindow {
  readonly target: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A schema of the harness in the gateway's own database, so that one statement joins all three sides. */
const SCHEMA = `
  create schema if not exists faults;
  drop table if exists faults.operations, faults.sends, faults.windows, faults.senders;
  create table faults.senders (org_id uuid primary key, app_id uuid, phone_number_id text);
  create table faults.operations (
    marker text primary key, base_marker text not null, org_id uuid, app_id uuid,
    idempotency_key text, started_at timestamptz, ended_at timestamptz,
    kind text, status int, code text, message_id uuid);
  create table faults.sends (
    sequence bigint primary key, marker text, message_id uuid, phone_number_id text, wamid text, fault text);
  create index on faults.operations (message_id);
  create index on faults.sends (message_id);
  create index on faults.sends (marker);
  create index on faults.sends (wamid);
  create table faults.windows (target text, from_at timestamptz, to_at timestamptz);
  create table if not exists faults.transitions (
    message_id uuid, org_id uuid, old_state text, new_state text, at timestamptz default clock_timestamp());
  truncate faults.transitions;
  create or replace function faults.note_transition() returns trigger
  language plpgsql security definer set search_path = faults as $$
  begin
    insert into faults.transitions (message_id, org_id, old_state, new_state)
      values (new.id, new.org_id, old.state, new.state);
    return null;
  end $$;
  create or replace trigger faults_note_transition after update of state on dispatcher.messages
    for each row when (old.state is distinct from new.state)
    execute function faults.note_transition();`;

/** Makes the tables anew for one run; from then on each change of a message's state is written down. */
export async function prepareFacts(database: Client, senders: readonly Sender[]): Promise<void> {
  await database.query(SCHEMA);
  await database.query(WEBHOOK_TABLES);
  await database.query(
    'insert into faults.senders select * from unnest($1::uuid[], $2::uuid[], $3::text[])',
    [
      senders.map(({ orgId }) => orgId),
      senders.map(({ appId }) => appId),
      senders.map(({ phoneNumberId }) => phoneNumberId),
    ],
  );
}

/** Enters what the clients saw, from the file that outlives them. */
export async function loadOplog(database: Client, path: string): Promise<void> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
  const entries = lines.map((line) => JSON.parse(line) as OplogEntry);
  const ends = new Map(
    entries.filter(({ kind }) => kind !== 'invoke').map((entry) => [entry.marker, entry]),
  );
  const rows = entries
    .filter(({ kind }) => kind === 'invoke')
    .map((invoked) => operationOf(invoked, ends.get(invoked.marker)));
  await insert(database, 'faults.operations', rows);
}

/** Without an end in the file nobody knows how it ended. */
function operationOf(invoked: OplogEntry, end: OplogEntry | undefined) {
  return {
    marker: invoked.marker,
    base_marker: invoked.marker.replace(/-again$/, ''),
    org_id: invoked.orgId,
    app_id: invoked.appId,
    idempotency_key: invoked.idempotencyKey ?? null,
    started_at: new Date(invoked.atMs),
    ended_at: end ? new Date(end.atMs) : null,
    kind: end?.kind ?? 'info',
    status: end?.status ?? null,
    code: end?.code ?? null,
    message_id: end?.messageId ?? null,
  };
}

interface SimulatorSend {
  readonly sequence: number;
  readonly phoneNumberId: string;
  readonly wamid: string | null;
  readonly fault: string | null;
  readonly body: {
    readonly text?: { readonly body?: string };
    readonly biz_opaque_callback_data?: string;
  };
}

const PAGE = 5_000;

/** Enters what Meta accepted of this run. */
export async function loadSends(
  database: Client,
  simulatorUrl: string,
  markerPrefix: string,
): Promise<void> {
  await database.query('truncate faults.sends');
  for (let after: number | null = 0; after !== null;) {
    const response: Response = await fetch(
      `${simulatorUrl}/_simulator/sends?after=${after}&limit=${PAGE}`,
    );
    const page = (await response.json()) as {
      readonly sends: readonly SimulatorSend[];
      readonly next: number | null;
    };
    const rows = page.sends
      .filter(({ body }) => body.text?.body?.startsWith(markerPrefix) === true)
      .map(({ sequence, phoneNumberId, wamid, fault, body }) => ({
        sequence,
        marker: body.text?.body,
        message_id: messageIdOf(body.biz_opaque_callback_data ?? ''),
        phone_number_id: phoneNumberId,
        wamid,
        fault,
      }));
    await insert(database, 'faults.sends', rows);
    after = page.next;
  }
  await database.query('analyze faults.operations, faults.sends');
}

/** `g1:<22 characters of our id>:...`; null when it is another's. */
function messageIdOf(callbackData: string): string | null {
  const encoded = /^g1:([\w-]{22}):/.exec(callbackData)?.[1];
  return encoded === undefined ? null : Buffer.from(encoded, 'base64url').toString('hex');
}

export async function loadWindows(
  database: Client,
  windows: readonly FaultWindow[],
): Promise<void> {
  const rows = windows.map(({ target, fromMs, toMs }) => ({
    target,
    from_at: new Date(fromMs),
    to_at: new Date(toMs),
  }));
  await insert(database, 'faults.windows', rows);
}

/** Rows by their names, in one statement. */
export async function insert(
  database: Client,
  table: string,
  rows: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  const [first] = rows;
  if (!first) return;
  const columns = Object.keys(first).join(', ');
  await database.query(
    `insert into ${table} (${columns})
     select ${columns} from json_populate_recordset(null::${table}, $1::json)`,
    [JSON.stringify(rows)],
  );
}
