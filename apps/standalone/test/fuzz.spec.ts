import { CATALOGUE } from '@gateway/errors';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { request } from 'undici';
import { BROKEN_ANSWERS } from '../../meta-simulator/src/domain/faults';
import { META_ERRORS } from '../../meta-simulator/src/domain/meta-errors';
import { GatewayClient, textTo } from './gateway-client';
import { GatewayProcess } from './gateway-process';
import { createTenant, type Tenant } from './tenants';

interface Route {
  readonly method: string;
  readonly path: string;
  readonly bodies: readonly string[];
}

interface Document {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly requestBody?: {
              readonly content?: Readonly<
                Record<string, { readonly examples?: Readonly<Record<string, { value: unknown }>> }>
              >;
            };
          }
        >
      >
    >
  >;
}

const FUZZ_MS = 30_000;
const RUNS_MAX = 3_000;
const RSS_MB_MAX = 900;
/** What the gateway may say with a status of 500 or more while nothing of it is broken. */
const TRUE_5XX = new Set(['META_001', 'META_005', 'META_006']);

/** Invented by machine: seeded by fast-check, which prints the seed and the smallest case of a failure. */
describe('whatever comes in, the whole program', () => {
  let gateway: GatewayProcess;
  let tenant: Tenant;
  let routes: readonly Route[];

  beforeAll(async () => {
    gateway = await GatewayProcess.start({
      profile: 'standalone',
      environment: { META_TIMEOUT_MS: '1000' },
    });
    tenant = await createTenant(gateway, { limitPerSecond: 100_000, limitPerMinute: 1_000_000 });
    const response = await fetch(`${gateway.url}/docs-json`);
    routes = routesOf((await response.json()) as Document);
  }, 120_000);

  afterAll(() => gateway.stop(), 60_000);

  const rssMb = (): number =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.pid}/status`, 'utf8'))?.[1]) / 1_024;

  it('each documented route answers whatever it gets in the one standard form, and never with an untrue 5xx', async () => {
    expect(routes.length).toBeGreaterThan(1);
    await fc.assert(
      fc.asyncProperty(requestsTo(routes), async (sent) => {
        const { status, text } = await perform(gateway.url, tenant.productionKey, sent);
        const { isSuccess, errors } = JSON.parse(text) as {
          isSuccess: boolean;
          errors?: { code: string };
        };
        expect(isSuccess).toBe(status < 300);
        if (isSuccess) return;
        expect(Object.keys(CATALOGUE)).toContain(errors?.code);
        if (status >= 500) expect(TRUE_5XX).toContain(errors?.code);
      }),
      { interruptAfterTimeLimit: FUZZ_MS, numRuns: RUNS_MAX },
    );
    expect(rssMb()).toBeLessThan(RSS_MB_MAX);
  }, 120_000);

  it("each of Meta's answers, right or broken, ends as one of the catalogue's and breaks nothing", async () => {
    const client = new GatewayClient(gateway.url, tenant.productionKey);
    const recipients = [...Object.values(BROKEN_ANSWERS), ...META_ERRORS].map(
      ({ suffix }) => `15550100${String(suffix).padStart(3, '0')}`,
    );
    const answers = await Promise.all(recipients.map((to) => client.send(textTo(to, 'fuzz'))));
    for (const { status, body } of answers) {
      if (status === 200) continue;
      expect(body.errors?.code).toMatch(/^META_00\d$/);
    }
    expect((await client.send(textTo('905321234567', 'after all'))).status).toBe(200);
    expect(rssMb()).toBeLessThan(RSS_MB_MAX);
  }, 60_000);
});

function routesOf({ paths }: Document): Route[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      bodies: Object.values(requestBody?.content ?? {}).flatMap(({ examples = {} }) =>
        Object.values(examples).map(({ value }) => JSON.stringify(value)),
      ),
    })),
  );
}

interface Sent {
  readonly route: Route;
  readonly parameters: readonly string[];
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const requestsTo = (routes: readonly Route[]): fc.Arbitrary<Sent> =>
  fc.constantFrom(...routes).chain((route) =>
    fc.record({
      route: fc.constant(route),
      parameters: fc.array(parameter, { minLength: 4, maxLength: 4 }),
      query: fc.array(fc.tuple(fc.oneof(fc.constantFrom(...QUERIES), fc.string()), parameter), {
        maxLength: 3,
      }),
      headers: fc.dictionary(fc.constantFrom(...HEADERS), headerValue, { maxKeys: 3 }),
      body: bodyOf(route),
    }),
  );

const QUERIES = ['is_fake', 'mmlite', 'page', 'page_size', '__proto__'];
const HEADERS = ['content-type', 'idempotency-key', 'traceparent', 'authorization', 'x-request-id'];

const parameter = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.uuid(),
  fc.constantFrom('..', '%00', 'msg_', 'true', '-1', '9'.repeat(400), "' or 1=1 --"),
);

const headerValue = fc.oneof(
  fc.stringMatching(/^[\x20-\x7e]{0,200}$/),
  fc.constantFrom('application/json', 'text/plain', 'application/json; charset=utf-16'),
);

/** The documented bodies, those with one byte or one value changed, any JSON, any bytes. */
function bodyOf({ bodies }: Route): fc.Arbitrary<Buffer> {
  const anything = fc.oneof(
    fc.json().map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
    fc.constant(Buffer.alloc(0)),
    fc.nat(300).map((depth) => Buffer.from('['.repeat(depth) + ']'.repeat(depth))),
  );
  if (bodies.length === 0) return anything;
  const example = fc.constantFrom(...bodies);
  const flipped = fc.tuple(example, fc.nat(), fc.nat(255)).map(([text, at, byte]) => {
    const bytes = Buffer.from(text);
    bytes[at % bytes.length] = byte;
    return bytes;
  });
  const replaced = fc
    .tuple(example, fc.nat(), fc.jsonValue())
    .map(([text, at, value]) => Buffer.from(withOneValue(text, at, value)));
  return fc.oneof(
    example.map((text) => Buffer.from(text)),
    flipped,
    replaced,
    anything,
  );
}

/** The document with one of its values, at any depth, exchanged. */
function withOneValue(text: string, at: number, value: unknown): string {
  const document: unknown = JSON.parse(text);
  let count = 0;
  JSON.stringify(document, (_name, each: unknown) => {
    count += 1;
    return each;
  });
  const chosen = at % count;
  let index = -1;
  return JSON.stringify(document, (_name, each: unknown) => {
    index += 1;
    return index === chosen ? value : each;
  });
}

async function perform(
  url: string,
  key: string,
  { route, parameters, query, headers, body }: Sent,
): Promise<{ status: number; text: string }> {
  let next = 0;
  const path = route.path.replaceAll(/\{[^}]+\}/g, () =>
    encodeURIComponent(wellFormed(parameters[next++ % parameters.length] ?? '')),
  );
  const search = new URLSearchParams(query.map(([name, value]) => [name, wellFormed(value)]));
  const isBodiless = route.method === 'GET' || route.method === 'DELETE';
  const response = await request(`${url}${path}?${search.toString()}`, {
    method: route.method as 'GET',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      ...headers,
    },
    body: isBodiless ? undefined : body,
    headersTimeout: 30_000,
  });
  return { status: response.statusCode, text: await response.body.text() };
}

/** Half a surrogate pair cannot be written into a URL. */
const wellFormed = (text: string): string =>
  text.replaceAll(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '?');
