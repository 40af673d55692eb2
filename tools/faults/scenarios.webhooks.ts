import { setTimeout as sleep } from 'node:timers/promises';
import { forgedWebhooks, postToEdge, probeOf } from './forged-webhooks';
import { tellInbound, setMetaWebhooks } from './meta-faults';
import type { Scenario, Stage } from './scenario';
import { between } from './seeded';

const STORES_GONE_MS = 15_000;
/** From then on the edge knows that nothing can be made durable. */
const KNOWN_GONE_MS = 3_000;
const REFUSAL_MS_MAX = 2_000;

/** Recipients whose statuses the simulator tells out of order, doubled, together, early or as a failure. */
const DISORDERLY = [
  '905321234567',
  '15550100206',
  '15550100212',
  '15550100213',
  '15550100214',
  '15550100215',
  '15550100216',
];

/** Rows 16 to 18: webhooks on their way in. */
export const webhookScenarios: readonly Scenario[] = [
  {
    name: 'webhooks-disorder',
    row: 16,
    says: 'each webhook comes one to five times, shuffled and batched, also before its send is answered',
    recipients: DISORDERLY,
    run: async ({ world, random, during }) => {
      for (const batchMax of [1, 20, 200]) {
        const copies = Math.ceil(between(random, 0, 5));
        const settings = { copies, batchMax, isShuffled: true };
        await during({ target: 'none', says: `Meta: ${JSON.stringify(settings)}` }, async () => {
          await setMetaWebhooks(world.simulatorUrl, settings);
          await sleep(4_000);
        });
      }
      await setMetaWebhooks(world.simulatorUrl, { copies: 1, batchMax: 1, isShuffled: false });
    },
  },
  {
    name: 'webhooks-forged',
    row: 17,
    says: 'webhooks without a signature, with a wrong one, too large, of unknown numbers, and repeated ones',
    run: forge,
    afterwards: nothingOfForged,
  },
  {
    name: 'webhooks-stores-gone',
    row: 18,
    says: `Kafka and Postgres are stopped for ${STORES_GONE_MS / 1_000} s while webhooks come in`,
    run: storesGone,
  },
];

async function forge({ world, senders, random, during, violated, note }: Stage): Promise<void> {
  const [sender] = senders;
  if (!sender) throw new Error('a sender is needed');
  await during({ target: 'none', says: 'forged and repeated webhooks' }, async () => {
    const cases = await forgedWebhooks(world, sender, random);
    for (const { says, expected, body, headers } of cases) {
      const { status, code } = await postToEdge(world, body, headers);
      const answer = code ?? String(status);
      if (!expected.includes(answer)) {
        violated('I4', `a webhook ${says} was answered ${answer}, not ${expected.join(' or ')}`);
      }
    }
    note(`${cases.length} webhooks that Meta did not send, or not now`);
  });
}

/** Each of them would have made a message fail, or an event of its own. */
async function nothingOfForged({ world, violated }: Stage): Promise<void> {
  const { rows } = await world.database.query<{ violation: string }>(`
    select 'message ' || m.id || ' failed by a webhook that Meta did not send' as violation
    from dispatcher.messages m join faults.senders using (org_id) where m.state = 'failed'
    union all
    select r.item || ' came to its customer and Meta never told it' from faults.received r
    where not exists (select from faults.told t where t.item = r.item) and r.item not like '%stranger%'`);
  for (const { violation } of rows) violated('I4', violation);
}

async function storesGone({ world, senders, during, violated, measured }: Stage): Promise<void> {
  const numbers = senders.map(({ phoneNumberId }) => phoneNumberId);
  let slowestMs = 0;
  await during({ target: 'all', says: 'Kafka and Postgres stop', isGone: true }, async () => {
    await Promise.all([world.kafka.stop(), world.postgres.stop()]);
    const goneAtMs = Date.now();
    for (let count = 0; Date.now() < goneAtMs + STORES_GONE_MS; count += 1) {
      const phoneNumberId = numbers[count % numbers.length] ?? '';
      await tellInbound(world.simulatorUrl, phoneNumberId, 3);
      const startedAtMs = Date.now();
      const { body, headers } = probeOf(world, phoneNumberId);
      const { status, code } = await postToEdge(world, body, headers);
      const tookMs = Date.now() - startedAtMs;
      if (startedAtMs > goneAtMs + KNOWN_GONE_MS) {
        slowestMs = Math.max(slowestMs, tookMs);
        if (code !== 'WH_005') {
          violated('I11', `without a store a webhook was answered ${code ?? String(status)}`);
        }
      }
      await sleep(200);
    }
    await Promise.all([world.kafka.start(), world.postgres.restart()]);
    await world.reconnect();
  });
  measured('slowest refusal of a webhook without stores', slowestMs, REFUSAL_MS_MAX);
}
