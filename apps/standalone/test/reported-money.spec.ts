import { until } from '@gateway/testing';
import { Client } from 'pg';
import { GatewayClient, acceptedSends } from './gateway-client';
import { GatewayProcess } from './gateway-process';
import { createTenant, type Tenant } from './tenants';

const FEE = 1_000n;
const TURKISH = '905321234567';
const GERMAN = '4915112345678';
/** Meta accepts what is sent to it, and never answers. */
const NEVER_ANSWERED = '15550100011';
/** Marketing, of the sample card that a trial installation has. */
const META_FEES: Readonly<Record<string, bigint>> = {
  [TURKISH]: 10_900n,
  [GERMAN]: 136_500n,
  [NEVER_ANSWERED]: 25_000n,
};
const NOBODY = 'http://127.0.0.1:1/';
const TIMEOUT_MS = 60_000;

interface Reported {
  readonly state: string;
  readonly body: {
    readonly entry: readonly {
      readonly changes: readonly {
        readonly value: {
          readonly statuses?: readonly {
            readonly id: string;
            readonly status: string;
            readonly recipient_id: string;
            readonly pricing?: { readonly billable: boolean };
          }[];
        };
      }[];
    }[];
  };
}

const templateTo = (to: string) => ({
  messaging_product: 'whatsapp',
  to,
  type: 'template',
  template: { name: 'marketing_offer', language: { code: 'en' } },
});

describe('money by what Meta reports, the whole program', () => {
  let gateway: GatewayProcess;
  let database: Client;
  let webhookUrl: string;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({
      profile: 'standalone',
      environment: { META_TIMEOUT_MS: '1000' },
    });
    database = new Client(gateway.databaseUrl);
    await database.connect();
    ({ url: webhookUrl } = (await simulator('GET', 'webhooks/settings')) as { url: string });
  }, 180_000);

  afterAll(async () => {
    await database.end();
    await gateway.stop();
  }, 60_000);

  async function simulator(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await fetch(`${gateway.simulatorUrl}/_simulator/${path}`, {
      method,
      ...(body && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
    return answer.json();
  }

  /** Meta reports to nobody, or to the gateway, at once what was not taken so far. */
  const reportTo = (url: string): Promise<unknown> =>
    simulator('PUT', 'webhooks/settings', { url, retryMaxMs: 200 });

  const sendTemplate = (tenant: Tenant, to: string) =>
    new GatewayClient(gateway.url, tenant.productionKey).send(templateTo(to));

  const stateOf = async (tenant: Tenant, messageId: string): Promise<unknown> => {
    const client = new GatewayClient(gateway.url, tenant.productionKey);
    return (await client.message(messageId)).body.data?.state;
  };

  const costOf = async (tenant: Tenant, messageId: string): Promise<unknown> => {
    const client = new GatewayClient(gateway.url, tenant.productionKey);
    return (await client.message(messageId)).body.data?.costUsd;
  };

  interface Money {
    readonly balance: bigint;
    readonly held: bigint;
    /** What its ledger has, by kind; each fee with how often it was charged. */
    readonly ledger: Readonly<Record<string, readonly [sum: bigint, count: number]>>;
    /** Of both legs of all entries. */
    readonly all: bigint;
  }

  const moneyOf = async ({ orgId }: Tenant): Promise<Money> => {
    const { rows } = await database.query<{ kind: string; sum: string; count: string }>(
      `select kind, sum(amount_micro_usd) as sum, count(*) as count
       from billing.ledger_transactions where org_id = $1 group by kind`,
      [orgId],
    );
    const wallets = await database.query<{ balance: string; held: string; all: string }>(
      `select balance_micro_usd as balance, held_micro_usd as held,
         (select sum(amount_micro_usd) from billing.ledger_entries) as all
       from billing.wallets where org_id = $1`,
      [orgId],
    );
    const [wallet] = wallets.rows;
    return {
      balance: BigInt(wallet?.balance ?? '-1'),
      held: BigInt(wallet?.held ?? '-1'),
      all: BigInt(wallet?.all ?? '-1'),
      ledger: Object.fromEntries(
        rows.map(({ kind, sum, count }) => [kind, [BigInt(sum), Number(count)] as const]),
      ),
    };
  };

  /** What a tenant owes by the simulator's count: the gateway's fee for what it accepted, Meta's for what it reported. */
  const owedBySimulator = async (wamids: ReadonlySet<string>): Promise<bigint> => {
    const sends = (await acceptedSends(gateway.simulatorUrl)).filter(({ wamid }) =>
      wamids.has(wamid),
    );
    const { webhooks } = (await simulator('GET', 'webhooks?limit=100000')) as {
      webhooks: readonly Reported[];
    };
    const priced = new Map(
      webhooks
        .flatMap(({ body }) => body.entry.flatMap(({ changes }) => changes))
        .flatMap(({ value }) => value.statuses ?? [])
        .filter(({ id, status, pricing }) => {
          return wamids.has(id) && status === 'delivered' && pricing?.billable === true;
        })
        .map(({ id, recipient_id: recipient }) => [id, META_FEES[recipient] ?? 0n]),
    );
    return [...priced.values()].reduce((sum, fee) => sum + fee, BigInt(sends.length) * FEE);
  };

  it("a template costs the infrastructure fee and Meta's fee of its market, by the simulator's count and the ledger's", async () => {
    const tenant = await createTenant(gateway, {});
    const before = (await moneyOf(tenant)).balance;
    const costs = [
      [TURKISH, '0.0119'],
      [GERMAN, '0.1375'],
    ] as const;
    const wamids = new Set<string>();
    for (const [to, costUsd] of costs) {
      const answer = await sendTemplate(tenant, to);
      expect(answer.status).toBe(200);
      const messageId = answer.headers.get('x-message-id') ?? '';
      wamids.add(answer.body.data?.messages?.[0]?.id ?? '');
      await until(async () => (await stateOf(tenant, messageId)) === 'read', TIMEOUT_MS);
      await until(async () => (await costOf(tenant, messageId)) === costUsd, TIMEOUT_MS);
    }
    await until(async () => (await moneyOf(tenant)).held === 0n, TIMEOUT_MS);
    const owed = await owedBySimulator(wamids);
    expect(owed).toBe(2n * FEE + 10_900n + 136_500n);
    expect(await moneyOf(tenant)).toEqual({
      balance: before - owed,
      held: 0n,
      all: 0n,
      ledger: {
        credit: [before, 1],
        infrastructure_fee: [-2n * FEE, 2],
        meta_fee: [-147_400n, 2],
      },
    });
  }, 120_000);

  it('what Meta accepted and never answered is META_005 and unknown, and with its status accepted and charged once', async () => {
    const tenant = await createTenant(gateway, {});
    const before = (await moneyOf(tenant)).balance;
    await reportTo(NOBODY);
    const answer = await sendTemplate(tenant, NEVER_ANSWERED);
    expect([answer.status, answer.body.errors?.code]).toEqual([502, 'META_005']);
    const messageId = answer.headers.get('x-message-id') ?? '';
    await until(async () => (await stateOf(tenant, messageId)) === 'unknown', TIMEOUT_MS);
    const meanwhile = await moneyOf(tenant);
    expect(meanwhile.ledger).toEqual({ credit: [before, 1] });
    expect([meanwhile.balance, meanwhile.held]).toEqual([before, FEE + 25_000n]);
    await reportTo(webhookUrl);
    await until(async () => (await stateOf(tenant, messageId)) === 'read', TIMEOUT_MS);
    await until(async () => (await costOf(tenant, messageId)) === '0.026', TIMEOUT_MS);
    await until(async () => (await moneyOf(tenant)).held === 0n, TIMEOUT_MS);
    const sends = (await acceptedSends(gateway.simulatorUrl)).filter(
      ({ body }) => (body as { to?: string }).to === NEVER_ANSWERED,
    );
    expect(sends).toHaveLength(1);
    const owed = await owedBySimulator(new Set(sends.map(({ wamid }) => wamid)));
    expect(owed).toBe(FEE + 25_000n);
    expect(await moneyOf(tenant)).toEqual({
      balance: before - owed,
      held: 0n,
      all: 0n,
      ledger: {
        credit: [before, 1],
        infrastructure_fee: [-FEE, 1],
        meta_fee: [-25_000n, 1],
      },
    });
  }, 120_000);
});
