import { CATALOGUE, type ErrorCode } from '@gateway/errors';
import { until } from '@gateway/testing';
import { Client } from 'pg';
import { GatewayClient, acceptedSends, textTo, type Answer } from './gateway-client';
import { GatewayProcess, type Profile } from './gateway-process';
import { countAnswers, offerLoad } from './load-driver';
import { createTenant, type Tenant } from './tenants';

const RATE_HEADERS = [
  'x-ratelimit-sec-limit',
  'x-ratelimit-sec-remaining',
  'x-ratelimit-min-limit',
  'x-ratelimit-min-remaining',
];

/** The promises of the send path; the same on the in-process broker and on a process for each service over Kafka. */
export function describeSendPath(profile: Profile, environment: Record<string, string> = {}): void {
  describe(`the send path, ${profile}`, () => {
    let gateway: GatewayProcess;
    let database: Client;
    let tenant: Tenant;
    let customer: GatewayClient;

    beforeAll(async () => {
      gateway = await GatewayProcess.start({ profile, environment });
      database = new Client(gateway.databaseUrl);
      await database.connect();
      tenant = await createTenant(gateway, {});
      customer = new GatewayClient(gateway.url, tenant.productionKey);
    }, 180_000);

    afterAll(async () => {
      await database.end();
      await gateway.stop();
    }, 60_000);

    const balanceOf = async (orgId: string): Promise<bigint> => {
      const { rows } = await database.query<{ balance: string }>(
        'select balance_micro_usd as balance from billing.wallets where org_id = $1',
        [orgId],
      );
      return BigInt(rows[0]?.balance ?? 'no wallet');
    };

    const errorOf = ({ status, body }: Answer) => ({ status, code: body.errors?.code });

    describe('a message', () => {
      it("gets Meta's answer with the four rate-limit headers and its own id", async () => {
        const answer = await customer.send(textTo('905321234567', 'whole'));
        expect(answer.status).toBe(200);
        expect(answer.text).toMatch(
          /^\{"isSuccess":true,"data":\{"messaging_product":"whatsapp","contacts":\[\{"input":"905321234567","wa_id":"905321234567"\}\],"messages":\[\{"id":"wamid\.[^"]+"\}\]\}\}$/,
        );
        for (const header of RATE_HEADERS) expect(answer.headers.get(header)).toMatch(/^\d+$/);
        expect(answer.headers.get('x-message-id')).toMatch(/^msg_[0-9a-f-]{36}$/);
        expect(answer.headers.get('x-request-id')).toBeTruthy();
      });

      it('reaches Meta once, body as sent, with the callback data of the gateway', async () => {
        const answer = await customer.send(textTo('905321234567', 'once-only'));
        const sends = (await acceptedSends(gateway.simulatorUrl)).filter(
          ({ wamid }) => wamid === answer.body.data?.messages?.[0]?.id,
        );
        expect(sends).toHaveLength(1);
        expect(sends[0]?.body).toMatchObject({
          ...textTo('905321234567', 'once-only'),
          biz_opaque_callback_data: expect.stringMatching(/^g1:[\w-]{22}:/) as string,
        });
      });

      it('costs exactly the infrastructure fee', async () => {
        const paying = await createTenant(gateway, {});
        const before = await balanceOf(paying.orgId);
        const answer = await new GatewayClient(gateway.url, paying.productionKey).send();
        expect(answer.status).toBe(200);
        await until(async () => (await balanceOf(paying.orgId)) === before - 1_000n);
      });

      it('is found by wamid and by message id, with state and cost, and by no other tenant', async () => {
        const answer = await customer.send();
        const wamid = answer.body.data?.messages?.[0]?.id ?? '';
        const messageId = answer.headers.get('x-message-id') ?? '';
        await until(async () => {
          const { body } = await customer.message(messageId);
          return body.data?.costUsd === '0.001';
        });
        for (const id of [wamid, messageId]) {
          const found = await customer.message(id);
          expect(found.status).toBe(200);
          expect(found.body.data).toMatchObject({
            id: messageId,
            wamid,
            // Meta's statuses may have come by now.
            state: expect.stringMatching(/^(accepted|sent|delivered|read)$/) as string,
          });
        }
        const other = await createTenant(gateway, {});
        const stranger = new GatewayClient(gateway.url, other.productionKey);
        expect(errorOf(await stranger.message(wamid))).toEqual({ status: 404, code: 'GW_404' });
        expect(errorOf(await stranger.message(messageId))).toEqual({ status: 404, code: 'GW_404' });
      });
    });

    describe('a fake', () => {
      it('has no contacts and an id of 19 digits, never twice the same, and costs nothing', async () => {
        const before = await balanceOf(tenant.orgId);
        const answers = await Promise.all(
          Array.from({ length: 5 }, () => customer.send(undefined, { query: '?is_fake=true' })),
        );
        for (const { text, headers } of answers) {
          expect(text).toMatch(
            /^\{"isSuccess":true,"data":\{"messaging_product":"whatsapp","messages":\[\{"id":"wamid\.FAKE_\d{19}"\}\]\}\}$/,
          );
          for (const header of RATE_HEADERS) expect(headers.get(header)).toMatch(/^\d+$/);
        }
        expect(new Set(answers.map(({ text }) => text)).size).toBe(5);
        const held = await database.query(
          'select from billing.holds where org_id = $1 and unknown_since is null',
          [tenant.orgId],
        );
        await until(async () => (await balanceOf(tenant.orgId)) <= before);
        expect(held.rowCount).toBeLessThanOrEqual(1);
      });

      it('is answered for an application that is not active; its real send is AUTH_007', async () => {
        const draft = await createTenant(gateway, { isDraft: true });
        const client = new GatewayClient(gateway.url, draft.productionKey);
        expect((await client.send(undefined, { query: '?is_fake=true' })).status).toBe(200);
        expect(errorOf(await client.send())).toEqual({ status: 403, code: 'AUTH_007' });
      });
    });

    describe('mark-as-read', () => {
      it("gets Meta's success and costs nothing", async () => {
        const reader = await createTenant(gateway, {});
        const before = await balanceOf(reader.orgId);
        const answer = await new GatewayClient(gateway.url, reader.productionKey).send({
          messaging_product: 'whatsapp',
          status: 'read',
          message_id: 'wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQ',
        });
        expect(answer.status).toBe(200);
        expect(answer.body.data).toEqual({ success: true });
        expect(await balanceOf(reader.orgId)).toBe(before);
      });
    });

    describe('a refusal', () => {
      const template = {
        messaging_product: 'whatsapp',
        to: '905321234567',
        type: 'template',
        template: { name: 'hello_world', language: { code: 'en_US' } },
      };

      it.each<[ErrorCode, string, unknown, string, Record<string, string>]>([
        ['AUTH_001', 'a mistyped key', undefined, '', { authorization: 'Bearer pk_wrong' }],
        ['AUTH_003', 'another scheme', undefined, '', { authorization: 'Basic abc' }],
        ['GW_001', 'a number with blanks', textTo('+90 532 123 45 67'), '', {}],
        ['GW_001', 'a number without country code', textTo('0532'), '', {}],
        ['GW_002', 'broken JSON', '{"to":', '', {}],
        ['GW_003', 'no text', { ...textTo('905321234567'), text: {} }, '', {}],
        ['GW_003', 'a query that is no boolean', undefined, '?is_fake=yes', {}],
        ['GW_003', 'mmlite for a text', textTo('905321234567'), '?mmlite=true', {}],
        ['GW_003', 'a long key', undefined, '', { 'idempotency-key': 'x'.repeat(129) }],
        ['GW_004', 'an unknown type', { ...textTo('905321234567'), type: 'sms' }, '', {}],
        ['GW_005', 'a huge body', textTo('905321234567', 'x'.repeat(262_145)), '', {}],
        ['GW_009', 'a body that is not JSON', undefined, '', { 'content-type': 'text/plain' }],
        ['META_001', '131016', textTo('15550100121'), '', {}],
        ['META_002', '131026', textTo('15550100123'), '', {}],
        ['META_002', '131026 for a template', { ...template, to: '15550100123' }, '', {}],
        ['META_003', '130429', textTo('15550100114'), '', {}],
        ['META_004', '190', textTo('15550100111'), '', {}],
        ['META_005', '131000', textTo('15550100117'), '', {}],
        ['META_005', 'a reset after accept', textTo('15550100013'), '', {}],
        ['META_005', 'truncated JSON', textTo('15550100020'), '', {}],
        ['META_005', 'an answer without id', textTo('15550100025'), '', {}],
      ])('%s for %s has its HTTP status and public text', async (...given) => {
        const [code, , message, query, headers] = given;
        const own = await createTenant(gateway, {});
        const client = new GatewayClient(gateway.url, own.productionKey);
        const answer = await client.send(message, { query, headers });
        const { status, group, description } = CATALOGUE[code];
        expect({ status: answer.status, ...answer.body.errors, params: {} }).toEqual({
          status,
          code,
          group,
          description,
          params: {},
        });
        expect(answer.body.isSuccess).toBe(false);
        expect(answer.headers.get('x-request-id')).toBeTruthy();
        if (code.startsWith('META_')) {
          expect(answer.body.errors?.params).toMatchObject({
            retryable: code === 'META_001' || code === 'META_003',
          });
        }
      });

      it('AUTH_002 without an authorization header, GW_404 on an unknown path', async () => {
        const bare = await fetch(`${gateway.url}/v1/wa/message`, { method: 'POST' });
        expect({ status: bare.status, body: (await bare.json()) as unknown }).toMatchObject({
          status: 401,
          body: { errors: { code: 'AUTH_002' } },
        });
        const lost = await fetch(`${gateway.url}/v1/nothing`);
        expect({ status: lost.status, body: (await lost.json()) as unknown }).toMatchObject({
          status: 404,
          body: { errors: { code: 'GW_404' } },
        });
      });

      it('AUTH_006 for a staging key, except to a test number and for fakes', async () => {
        const staging = new GatewayClient(gateway.url, tenant.stagingKey);
        expect(errorOf(await staging.send(textTo('905551112233')))).toEqual({
          status: 403,
          code: 'AUTH_006',
        });
        expect((await staging.send(textTo(tenant.testNumber))).status).toBe(200);
        const fake = await staging.send(textTo('905551112233'), { query: '?is_fake=true' });
        expect(fake.status).toBe(200);
      });

      it('BILL_001 at a balance of zero, also for fakes, and nothing is sent', async () => {
        const poor = await createTenant(gateway, { balanceMicroUsd: 0n });
        const client = new GatewayClient(gateway.url, poor.productionKey);
        const message = textTo('905321234567', 'for nothing');
        expect(errorOf(await client.send(message))).toEqual({ status: 402, code: 'BILL_001' });
        expect(errorOf(await client.send(message, { query: '?is_fake=true' }))).toEqual({
          status: 402,
          code: 'BILL_001',
        });
        const sends = await acceptedSends(gateway.simulatorUrl);
        expect(JSON.stringify(sends)).not.toContain('for nothing');
      });

      it('BILL_002 while the wallets cannot be read, and the path goes on afterwards', async () => {
        const locker = new Client(gateway.databaseUrl);
        await locker.connect();
        await locker.query('begin; lock table billing.wallets in access exclusive mode');
        const refused = await customer.send();
        await locker.query('rollback');
        await locker.end();
        expect(errorOf(refused)).toEqual({ status: 500, code: 'BILL_002' });
        await until(async () => (await customer.send()).status === 200);
      });
    });

    describe('the rate limit', () => {
      it('admits 80 of 81 requests in one second and refuses one with RATE_001', async () => {
        const own = await createTenant(gateway, {});
        const client = new GatewayClient(gateway.url, own.productionKey);
        await client.send(undefined, { query: '?is_fake=true' }); // its key is in the cache now
        await new Promise((resolve) => setTimeout(resolve, 1_100));
        const answers = await Promise.all(
          Array.from({ length: 81 }, () => client.send(undefined, { query: '?is_fake=true' })),
        );
        const refused = answers.filter(({ status }) => status !== 200);
        expect(refused.map(errorOf)).toEqual([{ status: 429, code: 'RATE_001' }]);
        expect(refused[0]?.body.errors?.params).toEqual({ limit_type: 'sec', retry_after: '1s' });
        expect(refused[0]?.headers.get('retry-after')).toBe('1');
        for (const header of RATE_HEADERS) {
          expect(refused[0]?.headers.get(header)).toMatch(/^\d+$/);
        }
      });

      it('admits a key its messages of a UTC day, and then names the wait until the day ends', async () => {
        const own = await createTenant(gateway, { dailyLimit: 2 });
        const client = new GatewayClient(gateway.url, own.productionKey);
        const fake = { query: '?is_fake=true' };
        expect((await client.send(undefined, fake)).status).toBe(200);
        expect((await client.send(undefined, fake)).status).toBe(200);
        const refused = await client.send(undefined, fake);
        expect(errorOf(refused)).toEqual({ status: 429, code: 'RATE_001' });
        const seconds = refused.headers.get('retry-after') ?? '';
        expect(refused.body.errors?.params).toEqual({
          limit_type: 'day',
          retry_after: `${seconds}s`,
        });
        const secondsToMidnight = 86_400 - ((Date.now() / 1_000) % 86_400);
        expect(Math.abs(Number(seconds) - secondsToMidnight)).toBeLessThan(30);
        const other = new GatewayClient(gateway.url, own.stagingKey);
        expect((await other.send(undefined, fake)).status).toBe(200);
      });
    });

    describe('an Idempotency-Key', () => {
      const send = (client: GatewayClient, key: string, body = 'same') =>
        client.send(textTo('905321234567', body), { headers: { 'idempotency-key': key } });

      it('gives the first answer byte for byte, with one send and one charge', async () => {
        const own = await createTenant(gateway, {});
        const client = new GatewayClient(gateway.url, own.productionKey);
        const before = await balanceOf(own.orgId);
        const first = await send(client, 'order-1');
        const again = await send(client, 'order-1');
        expect(again.text).toBe(first.text);
        expect(again.headers.get('idempotent-replayed')).toBe('true');
        expect(again.headers.get('x-message-id')).toBe(first.headers.get('x-message-id'));
        const wamid = first.body.data?.messages?.[0]?.id;
        const sends = await acceptedSends(gateway.simulatorUrl);
        expect(sends.filter((each) => each.wamid === wamid)).toHaveLength(1);
        await until(async () => (await balanceOf(own.orgId)) === before - 1_000n);
        await until(async () => {
          const held = await database.query('select from billing.holds where org_id = $1', [
            own.orgId,
          ]);
          return held.rowCount === 0;
        });
      });

      it('is GW_007 with another body, and frees itself after a refusal that sent nothing', async () => {
        const own = await createTenant(gateway, {});
        const client = new GatewayClient(gateway.url, own.productionKey);
        await send(client, 'order-2');
        expect(errorOf(await send(client, 'order-2', 'other'))).toEqual({
          status: 422,
          code: 'GW_007',
        });
        const headers = { 'idempotency-key': 'order-3' };
        const failing = await client.send(textTo('15550100121'), { headers });
        expect(errorOf(failing)).toEqual({ status: 502, code: 'META_001' });
        expect((await client.send(textTo('905321234567'), { headers })).status).toBe(200);
      });

      it('sends once for 50 requests at once; the others are replays or 409', async () => {
        const own = await createTenant(gateway, {});
        const client = new GatewayClient(gateway.url, own.productionKey);
        const answers = await Promise.all(
          Array.from({ length: 50 }, () => send(client, 'order-4', 'fifty at once')),
        );
        const conflicts = answers.filter(({ body }) => body.errors?.code === 'GW_006');
        const sent = answers.filter(({ status }) => status === 200);
        expect(sent.length).toBeGreaterThanOrEqual(1);
        expect(sent.length + conflicts.length).toBe(50);
        const sends = await acceptedSends(gateway.simulatorUrl);
        const bodies = sends.filter(({ body }) => JSON.stringify(body).includes('fifty at once'));
        expect(bodies).toHaveLength(1);
      });

      it('is answered also when the balance has reached zero since', async () => {
        const own = await createTenant(gateway, { balanceMicroUsd: 1_000n });
        const client = new GatewayClient(gateway.url, own.productionKey);
        const first = await send(client, 'order-5');
        await until(async () => (await balanceOf(own.orgId)) === 0n);
        expect(errorOf(await client.send())).toEqual({ status: 402, code: 'BILL_001' });
        expect((await send(client, 'order-5')).text).toBe(first.text);
      });
    });

    describe('money', () => {
      it('1,000 messages cost exactly 1,000 x $0.001, each sent once, the ledger sums to zero', async () => {
        const rich = await createTenant(gateway, {
          limitPerSecond: 1_000,
          limitPerMinute: 100_000,
        });
        const before = await balanceOf(rich.orgId);
        const name = `thousand-${Date.now()}`;
        const operations = await offerLoad({
          urls: [gateway.url],
          keys: [rich.productionKey],
          perSecond: 70,
          seconds: 1_000 / 70,
          name,
        });
        expect(countAnswers(operations)).toEqual({ '200': operations.length });
        expect(operations.length).toBeGreaterThanOrEqual(1_000);
        const charged = BigInt(operations.length) * 1_000n;
        await until(async () => (await balanceOf(rich.orgId)) === before - charged);
        const sends = (await acceptedSends(gateway.simulatorUrl)).map(({ body }) =>
          JSON.stringify(body),
        );
        const markers = sends
          .map((body) => /thousand-\d+-\d+/.exec(body)?.[0])
          .filter((marker) => marker?.startsWith(name));
        expect(markers).toHaveLength(operations.length);
        expect(new Set(markers).size).toBe(operations.length);
        const { rows } = await database.query<{ sum: string }>(
          'select sum(amount_micro_usd) as sum from billing.ledger_entries',
        );
        expect(rows[0]?.sum).toBe('0');
      }, 90_000);
    });

    describe('what it tells about itself', () => {
      it('the document lists the send route with every code that it gives', async () => {
        const document = (await (await fetch(`${gateway.url}/docs-json`)).json()) as {
          openapi: string;
          paths: Record<string, { post?: { responses: Record<string, unknown> } }>;
        };
        expect(document.openapi).toMatch(/^3\.1\./);
        const responses = document.paths['/v1/wa/message']?.post?.responses ?? {};
        expect(Object.keys(responses)).toEqual(
          expect.arrayContaining(['200', '400', '401', '402', '429', '503']),
        );
      });

      it('logs hold no key, token or phone number', () => {
        const printed = gateway.printed
          .split('\n')
          .filter((line) => line.startsWith('{'))
          .join('\n');
        expect(printed).not.toMatch(/[ps]k_[0-9A-Za-z]{20}/);
        expect(printed).not.toMatch(/EAA\w{8}/);
        expect(printed).not.toContain('905321234567');
      });
    });
  });
}
