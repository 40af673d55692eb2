import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import type { Sender } from './load';
import { updatesOf } from './meta-updates';
import { oneOf, type Seeded } from './seeded';
import type { World } from './world';

type Headers = Readonly<Record<string, string>>;

/** A webhook that comes from somebody else than Meta, or at another time. */
interface ForgedWebhook {
  readonly says: string;
  /** What it may be answered: 200 for what is Meta's own and changes nothing, else a code. */
  readonly expected: readonly string[];
  readonly body: Buffer;
  readonly headers: Headers;
}

const TOO_LARGE_BYTES = 3 * 1_048_576 + 1;
const WEEK_AND_A_DAY_S = 8 * 86_400;
const STATUS_WAMIDS_AFTER = 5;

/** The statuses in them say that a message failed which Meta has accepted: if one were believed, it would show. */
export async function forgedWebhooks(
  world: World,
  { phoneNumberId }: Sender,
  random: Seeded,
): Promise<readonly ForgedWebhook[]> {
  const accepted = await acceptedWebhooks(world);
  const repeated = oneOf(random, accepted);
  const [update] = updatesOf(JSON.parse(repeated.toString('utf8')) as object);
  const failed = statusBody(phoneNumberId, update?.wamid ?? '', nowS());
  const old = statusBody(
    phoneNumberId,
    `wamid.stranger-${randomUUID()}`,
    nowS() - WEEK_AND_A_DAY_S,
  );
  const right = signed(world, failed);
  const signature = right['x-hub-signature-256'] ?? '';
  const changed = Buffer.from(failed.toString('utf8').replace('131026', '131047'));
  const foreign = statusBody('999999999999999', `wamid.${randomUUID()}`, nowS());
  return [
    { says: 'without a signature', expected: ['WH_002'], body: failed, headers: {} },
    {
      says: 'signed with another secret',
      expected: ['WH_003'],
      body: failed,
      headers: signedWith(randomBytes(32).toString('hex'), failed),
    },
    { says: 'changed after it was signed', expected: ['WH_003'], body: changed, headers: right },
    {
      says: 'with a signature cut short',
      expected: ['WH_003'],
      body: failed,
      headers: { 'x-hub-signature-256': signature.slice(0, -2) },
    },
    ...unreadable(world),
    {
      says: 'of a number that nobody has',
      expected: ['200'],
      body: foreign,
      headers: signed(world, foreign),
    },
    {
      says: 'that Meta sent before, byte for byte',
      expected: ['200'],
      body: repeated,
      headers: signed(world, repeated),
    },
    {
      says: 'of eight days ago, of a message that nobody sent',
      expected: ['200'],
      body: old,
      headers: signed(world, old),
    },
  ];
}

/** Signed well, and nothing that Meta would write. */
function unreadable(world: World): readonly ForgedWebhook[] {
  const large = Buffer.alloc(TOO_LARGE_BYTES, ' ');
  const broken = Buffer.from('{"object":');
  return [
    { says: 'of more than 3 MB', expected: ['GW_005'], body: large, headers: signed(world, large) },
    { says: 'that is no JSON', expected: ['WH_004'], body: broken, headers: signed(world, broken) },
  ];
}

/** A message of a user that is signed well. */
export function probeOf(world: World, phoneNumberId: string): { body: Buffer; headers: Headers } {
  const message = {
    from: '16505551234',
    id: `wamid.${randomUUID()}`,
    timestamp: String(nowS()),
    type: 'text',
    text: { body: 'Are you there?' },
  };
  const body = webhook(phoneNumberId, { messages: [message] });
  return { body, headers: signed(world, body) };
}

export async function postToEdge(
  world: World,
  body: Buffer,
  headers: Headers,
): Promise<{ status: number | null; code: string | undefined }> {
  try {
    const response = await fetch(`${world.urls[0] ?? ''}/v1/webhooks/meta`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: new Uint8Array(body),
    });
    const answer = (await response.json()) as { errors?: { code?: string } };
    return { status: response.status, code: answer.errors?.code };
  } catch {
    return { status: null, code: undefined }; // the connection broke
  }
}

/** What Meta got a 200 for, the newest. */
async function acceptedWebhooks(world: World): Promise<readonly Buffer[]> {
  const response = await fetch(`${world.simulatorUrl}/_simulator/webhooks?limit=100000`);
  const text = await response.text();
  const { webhooks } = JSON.parse(text) as {
    webhooks: readonly { state: string; body: object }[];
  };
  const accepted = webhooks.filter(({ state }) => state === 'accepted');
  if (accepted.length === 0) throw new Error('Meta has told nothing yet');
  return accepted.slice(-STATUS_WAMIDS_AFTER).map(({ body }) => Buffer.from(JSON.stringify(body)));
}

const nowS = (): number => Math.floor(Date.now() / 1_000);

const statusBody = (phoneNumberId: string, wamid: string, timestampS: number): Buffer =>
  webhook(phoneNumberId, {
    statuses: [
      {
        id: wamid,
        status: 'failed',
        timestamp: String(timestampS),
        recipient_id: '905321234567',
        errors: [{ code: 131026, title: 'Message undeliverable' }],
      },
    ],
  });

function webhook(phoneNumberId: string, content: object): Buffer {
  const metadata = { display_phone_number: '15550783881', phone_number_id: phoneNumberId };
  const value = { messaging_product: 'whatsapp', metadata, ...content };
  const entry = { id: '102290129340398', changes: [{ field: 'messages', value }] };
  return Buffer.from(JSON.stringify({ object: 'whatsapp_business_account', entry: [entry] }));
}

const signed = (world: World, body: Buffer): Headers =>
  signedWith(world.environmentOf('edge').META_APP_SECRET ?? '', body);

const signedWith = (secret: string, body: Buffer): Headers => ({
  'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
});
