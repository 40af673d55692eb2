import { parseCallbackData } from '@gateway/contracts';
import { until } from '@gateway/testing';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { PostgresServer } from '../../../tools/faults/stores';
import { Gateway } from '../../../tools/listen/gateway';
import { acceptedSends } from './gateway-client';
import { GatewayProcess, newDataDir, type Profile } from './gateway-process';
import { violations } from './invariants';
import { offerLoad } from './load-driver';
import { WebhookCustomer, statusesOf, type StatusWebhook } from './webhook-customer';

/** What is done to the gateway under load; it has to run again when this resolves. */
export type Harm = (parts: {
  readonly gateway: GatewayProcess;
  readonly postgres: PostgresServer;
}) => Promise<void>;

const PER_SECOND = 30;
const HARM_AFTER_MS = 2_000;
const QUIET_TIMEOUT_MS = 120_000;
const STATES = ['sent', 'delivered', 'read'];
/** Of messages that Meta never accepted: a call that was cut short may have been accepted, for all that we know. */
const NOT_ACCEPTED_STATES = ['rejected', 'expired', 'unknown'];

/** kill -9 of the database, which is gone for a second. */
export const killPostgres: Harm = async ({ postgres }) => {
  await postgres.kill();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await postgres.restart();
};

/**
 * Whatever is harmed while Meta reports: what Meta got a 200 for reaches the customer, nothing is charged twice, and
 * every state ends right.
 */
export function describeWebhookFaults(
  profile: Profile,
  seconds: number,
  harms: Readonly<Record<string, Harm>>,
): void {
  describe(`while Meta reports, ${profile}`, () => {
    let dataDir: string;
    let postgres: PostgresServer;
    let gateway: GatewayProcess;
    let customer: WebhookCustomer;

    beforeAll(async () => {
      dataDir = newDataDir();
      postgres = await PostgresServer.start(join(dataDir, 'own-postgres'));
      gateway = await GatewayProcess.start({
        profile,
        dataDir,
        environment: { WEBHOOK_LEASE_MS: '10000', DATABASE_URL: postgres.url },
      });
      customer = await WebhookCustomer.open();
      const owner = await Gateway.signIn(gateway.demo);
      await owner.upsert({ url: customer.url });
      await simulator('PUT', '/_simulator/webhooks/settings', { retryMaxMs: 1_000 });
    }, 240_000);

    afterAll(async () => {
      customer.close();
      await gateway.stop();
      await postgres.stop();
      rmSync(dataDir, { recursive: true, force: true });
    }, 60_000);

    const simulator = async (method: string, path: string, body?: object): Promise<unknown> => {
      const answer = await fetch(`${gateway.simulatorUrl}${path}`, {
        method,
        ...(body && {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      });
      return answer.json();
    };

    /** Waits until Meta has told all of every message, and returns what it got a 200 for. */
    const reportedByMeta = async (): Promise<Set<string>> => {
      interface Counts {
        readonly count: number;
        readonly pending: number;
      }
      await until(async () => {
        const sends = (await simulator('GET', '/_simulator/sends/count')) as Counts;
        const webhooks = (await simulator('GET', '/_simulator/webhooks/count')) as Counts;
        return webhooks.pending === 0 && webhooks.count >= STATES.length * sends.count;
      }, QUIET_TIMEOUT_MS);
      const { webhooks } = (await simulator('GET', '/_simulator/webhooks?limit=100000')) as {
        webhooks: readonly { state: string; body: StatusWebhook }[];
      };
      return new Set(
        webhooks
          .filter(({ state }) => state === 'accepted')
          .flatMap(({ body }) => statusesOf(body)),
      );
    };

    /** Messages whose state is not what Meta's own ledger says, with their states. */
    const wrongStates = async (database: Client, orgId: string): Promise<string[]> => {
      const accepted = new Set(
        (await acceptedSends(gateway.simulatorUrl)).map(({ body }) => {
          const { biz_opaque_callback_data: data } = body as { biz_opaque_callback_data?: unknown };
          return parseCallbackData(data)?.messageId;
        }),
      );
      const { rows } = await database.query<{ id: string; state: string }>(
        'select id, state from dispatcher.messages where org_id = $1',
        [orgId],
      );
      return rows
        .filter(({ id, state }) =>
          accepted.has(id) ? state !== 'read' : !NOT_ACCEPTED_STATES.includes(state),
        )
        .map(({ id, state }) => `${id} is ${state}`);
    };

    const orgOf = async (database: Client): Promise<string> => {
      const { rows } = await database.query<{ organization_id: string }>(
        'select organization_id from auth.applications where handle = $1',
        [gateway.demo.appId],
      );
      return rows[0]?.organization_id ?? '';
    };

    it.each(Object.keys(harms))(
      '%s loses no event that Meta got a 200 for, charges nothing twice, and every state ends right',
      async (harm) => {
        const name = `webhook-${harm}`;
        const [operations] = await Promise.all([
          offerLoad({
            urls: [gateway.url],
            keys: [gateway.demo.productionKey],
            perSecond: PER_SECOND,
            seconds,
            name,
          }),
          new Promise((resolve) => setTimeout(resolve, HARM_AFTER_MS)).then(() =>
            harms[harm]?.({ gateway, postgres }),
          ),
        ]);
        expect(operations.filter(({ status }) => status === 200)).not.toEqual([]);
        const reported = await reportedByMeta();
        await until(() => [...reported].every((key) => customer.got.has(key)), QUIET_TIMEOUT_MS);
        // Opened now: a connection of before would not have outlived the database.
        const database = new Client(gateway.databaseUrl);
        await database.connect();
        try {
          const orgId = await orgOf(database);
          expect(await violations({ gateway, database, operations, orgId, name })).toEqual([]);
          await until(
            async () => (await wrongStates(database, orgId)).length === 0,
            QUIET_TIMEOUT_MS,
          );
        } finally {
          await database.end();
        }
        const perMessage = new Map<string, number>();
        for (const key of reported) {
          const [wamid = ''] = key.split(' ');
          perMessage.set(wamid, (perMessage.get(wamid) ?? 0) + 1);
        }
        expect([...perMessage.values()].every((count) => count === STATES.length)).toBe(true);
      },
      300_000,
    );
  });
}
