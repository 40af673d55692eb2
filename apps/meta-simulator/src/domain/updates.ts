/** One thing that Meta has to tell: a message or a status of a phone number, or a change of the account. */
export type Update =
  | {
      readonly kind: 'messages' | 'statuses';
      readonly wabaId: string;
      readonly phoneNumberId: string;
      /** The message or status. */
      readonly json: string;
      /** Of who wrote the message; absent where Meta has none. */
      readonly contactJson?: string;
    }
  | {
      readonly kind: 'change';
      readonly wabaId: string;
      readonly field: string;
      readonly valueJson: string;
      /** Unix seconds. */
      readonly time: number;
    };

const DISPLAY_PHONE_NUMBER = '15550100000';

/** A webhook of these updates, in Meta's structure: an entry for each account, one list for what is alike. */
export function webhookJson(updates: readonly Update[]): string {
  const entries: string[] = [];
  for (const [first, ...more] of runsOf(updates, isSameEntry)) {
    if (!first) continue;
    const time = first.kind === 'change' ? `"time":${first.time},` : '';
    const changes = runsOf([first, ...more], isSameChange).map(changeJson);
    entries.push(`{"id":"${first.wabaId}",${time}"changes":[${changes.join(',')}]}`);
  }
  return `{"object":"whatsapp_business_account","entry":[${entries.join(',')}]}`;
}

function changeJson(updates: readonly Update[]): string {
  const [first] = updates;
  if (first?.kind === 'change') return `{"value":${first.valueJson},"field":"${first.field}"}`;
  const items = updates.filter((update) => update.kind !== 'change');
  const [{ kind, phoneNumberId } = { kind: 'messages', phoneNumberId: '' }] = items;
  const contacts = [...new Set(items.flatMap(({ contactJson }) => contactJson ?? []))];
  const people = contacts.length === 0 ? '' : `"contacts":[${contacts.join(',')}],`;
  return (
    `{"value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"${DISPLAY_PHONE_NUMBER}",` +
    `"phone_number_id":"${phoneNumberId}"},${people}"${kind}":[${items.map(({ json }) => json).join(',')}]},"field":"messages"}`
  );
}

/** An entry has one time, so changes of other times are entries of their own. */
const isSameEntry = (one: Update, other: Update): boolean =>
  one.wabaId === other.wabaId &&
  (one.kind === 'change' ? one.time : 0) === (other.kind === 'change' ? other.time : 0);

const isSameChange = (one: Update, other: Update): boolean =>
  one.kind !== 'change' &&
  other.kind !== 'change' &&
  one.kind === other.kind &&
  one.phoneNumberId === other.phoneNumberId;

/** Neighbours that belong together. */
function runsOf(
  updates: readonly Update[],
  isSame: (one: Update, other: Update) => boolean,
): Update[][] {
  const runs: Update[][] = [];
  for (const update of updates) {
    const run = runs.at(-1);
    if (run?.[0] && isSame(run[0], update)) run.push(update);
    else runs.push([update]);
  }
  return runs;
}
