import { GROUPS, TOPICS, deadLetterTopic } from '@gateway/contracts';
import { KAFKA_VARIABLES, kafkaConfig, listTopics } from '@gateway/messaging';
import { createLogger, loadConfig } from '@gateway/platform';
import { until } from '@gateway/testing';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { GatewayClient, acceptedSends, textTo, type Answer } from './gateway-client';
import { GatewayProcess } from './gateway-process';
import { unknownWithoutFault, violations } from './invariants';
import { countAnswers, offerLoad, type Operation } from './load-driver';
import { secretsIn } from './secrets';
import { createTenant, type Tenant } from './tenants';

const PER_SECOND = 100;
/** A refusal is a matter of time, so that a busy machine is given another chance; every other promise holds each time. */
const ROUNDS = 3;
const RECIPIENT = '905321234567';
/** The simulator answers it well, 3 s late. */
const LATE_RECIPIENT = '15550100002';

describe('two dispatchers and two billings', () => {
  let gateway: GatewayProcess;
  let database: Client;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({
      profile: 'cluster',
      arguments: ['--instances', 'dispatcher=2,billing=2'],
      environment: {
        SIMULATOR_STATUSES: 'false',
        DISPATCHER_NUMBER_RATE_PER_SECOND: '1000',
        LOG_LEVEL: 'info',
      },
    });
    database = new Client(gateway.databaseUrl);
    await database.connect();
    // Processes that have just started are slow for their first requests.
    await under(await tenants(), { name: 'warm', seconds: 5 }, () => Promise.resolve());
  }, 180_000);

  afterAll(async () => {
    await database.end();
    await gateway.stop();
  }, 60_000);

  /** Enough for every partition of the path to have one. */
  const tenants = (): Promise<Tenant[]> =>
    Promise.all(
      Array.from({ length: 8 }, () =>
        createTenant(gateway, { limitPerSecond: 10_000, limitPerMinute: 100_000 }),
      ),
    );

  const under = async (
    senders: readonly Tenant[],
    { name, seconds }: { name: string; seconds: number },
    fault: () => Promise<void>,
  ): Promise<readonly Operation[]> => {
    const load = {
      urls: [gateway.url],
      keys: senders.map(({ productionKey }) => productionKey),
      perSecond: PER_SECOND,
      seconds,
      name,
    };
    const [operations] = await Promise.all([offerLoad(load), pause(2_000).then(fault)]);
    return operations;
  };

  const allViolations = async (
    senders: readonly Tenant[],
    operations: readonly Operation[],
    name: string,
  ): Promise<string[]> => {
    const found: string[] = [];
    for (const [index, { orgId }] of senders.entries()) {
      const own = operations.filter((each) => each.index % senders.length === index);
      found.push(...(await violations({ gateway, database, operations: own, orgId, name })));
    }
    return found;
  };

  it('leave and join under load: nothing is refused, unknown or sent twice', async () => {
    const senders = await tenants();
    const answers: Record<string, number>[] = [];
    const isWhole = (): boolean => Object.keys(answers.at(-1) ?? {}).join() === '200';
    for (let round = 0; round < ROUNDS && !isWhole(); round += 1) {
      const name = `join-${round}-${Date.now()}`;
      const operations = await under(senders, { name, seconds: 25 }, async () => {
        await gateway.replaceService('dispatcher', 'SIGTERM', 1);
        await gateway.replaceService('billing', 'SIGTERM', 1);
        await gateway.replaceService('dispatcher', 'SIGTERM', 0);
        await gateway.replaceService('billing', 'SIGTERM', 0);
      });
      answers.push(countAnswers(operations));
      expect(await allViolations(senders, operations, name)).toEqual([]);
      for (const tenant of senders) {
        expect(await unknownWithoutFault({ database, orgId: tenant.orgId }, [])).toEqual([]);
      }
    }
    expect(isWhole() ? 'nothing refused' : answers).toBe('nothing refused');
  }, 300_000);

  it('a dispatcher that stands still for 20 s and goes on sends nothing twice, and every message ends', async () => {
    const senders = await tenants();
    const name = `stop-${Date.now()}`;
    const stops: number[] = [];
    const operations = await under(senders, { name, seconds: 35 }, async () => {
      stops.push(Date.now());
      gateway.signalService('dispatcher', 'SIGSTOP', 0);
      await pause(20_000);
      gateway.signalService('dispatcher', 'SIGCONT', 0);
    });
    expect(await allViolations(senders, operations, name)).toEqual([]);
    for (const tenant of senders) {
      expect(await unknownWithoutFault({ database, orgId: tenant.orgId }, stops)).toEqual([]);
    }
    expect(operations.filter(({ status }) => status === null)).toEqual([]);
    const lastSeconds = operations.slice(-5 * PER_SECOND);
    expect(countAnswers(lastSeconds)).toEqual({ '200': lastSeconds.length });
    // What gathered meanwhile comes at once: more than a number takes in a second is refused.
    const honest = ['200', 'GW_008', 'GW_010', 'META_003', 'META_005'];
    expect(Object.keys(countAnswers(operations)).filter((code) => !honest.includes(code))).toEqual(
      [],
    );
  }, 180_000);

  describe('an Idempotency-Key, with its edge killed in between', () => {
    const repeat = async (client: GatewayClient, message: object, key: string): Promise<Answer> => {
      const until = Date.now() + 30_000;
      for (;;) {
        const answer = await client
          .send(message, { headers: { 'idempotency-key': key } })
          .catch(() => null); // the edge is not there yet
        if (answer?.status === 200) return answer;
        if (Date.now() > until) throw new Error(`no answer of 200: ${answer?.text}`);
        await pause(100);
      }
    };

    const chargesOf = async ({ orgId }: Tenant): Promise<number> => {
      const { rowCount } = await database.query(
        `select from billing.ledger_transactions where org_id = $1 and kind = 'infrastructure_fee'`,
        [orgId],
      );
      return rowCount ?? 0;
    };

    const sendsOf = async (text: string): Promise<string[]> =>
      (await acceptedSends(gateway.simulatorUrl))
        .filter(({ body }) => JSON.stringify(body).includes(text))
        .map(({ wamid }) => wamid);

    it.each([
      ['after the answer', RECIPIENT, true],
      ['before the answer', LATE_RECIPIENT, false],
    ])(
      '%s: byte for byte one answer, one send, one charge',
      async (when, to, isAnswered) => {
        const tenant = await createTenant(gateway, {});
        const client = new GatewayClient(gateway.url, tenant.productionKey);
        const text = `idempotent ${when} ${Date.now()}`;
        const first = client
          .send(textTo(to, text), { headers: { 'idempotency-key': 'order-1' } })
          .catch(() => null);
        if (isAnswered) expect((await first)?.status).toBe(200);
        else await until(async () => (await sendsOf(text)).length > 0);
        await gateway.replaceService('edge', 'SIGKILL');
        const again = await repeat(client, textTo(to, text), 'order-1');
        const onceMore = await repeat(client, textTo(to, text), 'order-1');
        const answered = await first;
        if (isAnswered) {
          expect(again.text).toBe(answered?.text);
          expect(again.headers.get('x-message-id')).toBe(answered?.headers.get('x-message-id'));
        } else expect(answered).toBeNull();
        expect(onceMore.text).toBe(again.text);
        expect(again.headers.get('idempotent-replayed')).toBe('true');
        expect(await sendsOf(text)).toEqual([again.body.data?.messages?.[0]?.id]);
        await until(async () => (await chargesOf(tenant)) === 1);
        const found = await violations({
          gateway,
          database,
          operations: [],
          orgId: tenant.orgId,
          name: text,
        });
        expect(found).toEqual([]);
        expect(await chargesOf(tenant)).toBe(1);
      },
      90_000,
    );
  });

  it('use the topics of the list and no other, also after edges have come and gone', async () => {
    await gateway.replaceService('edge', 'SIGTERM');
    await gateway.replaceService('edge', 'SIGKILL');
    const variables = loadConfig(KAFKA_VARIABLES, {
      KAFKA_BROKERS: gateway.cluster().kafka.brokers,
    });
    const topics = await listTopics(
      kafkaConfig(variables, { app: 'test', ordinal: process.pid }),
      createLogger({ service: 'test', level: 'silent' }),
    );
    const list = [...Object.keys(TOPICS), ...GROUPS.map(({ group }) => deadLetterTopic(group))];
    expect(topics).toEqual([...new Set(list)].sort());
  }, 60_000);

  it('log no key, token or phone number in all of this', () => {
    const folder = join(gateway.dataDir, 'logs');
    const files = readdirSync(folder);
    expect(files.length).toBeGreaterThanOrEqual(7);
    const numbers = [RECIPIENT, LATE_RECIPIENT];
    const found = files.flatMap((file) =>
      secretsIn(readFileSync(join(folder, file), 'utf8'), numbers).map((text) => [file, text]),
    );
    expect(found).toEqual([]);
  });
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
