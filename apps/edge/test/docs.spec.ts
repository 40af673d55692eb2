import { execFileSync } from 'node:child_process';
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CATALOGUE, type ErrorCode } from '@gateway/errors';
import { MESSAGE_CODES, SEND_CODES } from '../src/api-description';
import { REQUEST_EXAMPLES } from '../src/api-examples';
import { RouteTable } from '../src/route-table';
import { call, send, startEdge, type Edge } from './edge-fixture';

interface Operation {
  readonly parameters?: readonly { name: string; in: string; example?: unknown }[];
  readonly security: readonly Record<string, unknown>[];
  readonly responses: Record<
    string,
    { headers: object; content?: Record<string, { examples?: object }> }
  >;
  readonly requestBody?: { content: Record<string, { examples: object }> };
}
interface Document {
  readonly openapi: string;
  readonly servers: readonly { url: string }[];
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: {
    readonly schemas: Record<string, { properties: object; required?: readonly string[] }>;
  };
}

let edge: Edge;
let text: string;
let document: Document;
beforeAll(async () => {
  edge = await startEdge();
  text = (await call(edge, '/docs-json', { key: null })).text;
  document = JSON.parse(text) as Document;
});
afterAll(() => edge.close());

const operation = (path: string, method: string): Operation => {
  const found = document.paths[path]?.[method];
  if (!found) throw new Error(`no ${method} ${path}`);
  return found;
};
const sending = (): Operation => operation('/v1/wa/message', 'post');
const message = (): Operation => operation('/v1/wa/messages/{id}', 'get');

it('is valid OpenAPI 3.1 with relative servers', () => {
  expect(document.openapi).toBe('3.1.0');
  expect(document.servers.map(({ url }) => url)).toEqual(['/']);
  const directory = mkdtempSync(join(tmpdir(), 'openapi-'));
  const file = join(directory, 'api.json');
  writeFileSync(file, text);
  try {
    // An ES module, which jest on Node 20 cannot load: it runs in a process of its own.
    const script = `import('@seriousme/openapi-schema-validator').then(async ({ Validator }) => {
      const result = await new Validator().validate(process.argv[1]);
      console.log(JSON.stringify(result));
    })`;
    const output = execFileSync(process.execPath, ['-e', script, file], { encoding: 'utf8' });
    expect(JSON.parse(output)).toEqual({ valid: true });
  } finally {
    rmSync(directory, { recursive: true });
  }
});

it('shows every route and no other', () => {
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  const known = edge.service.app
    .get(RouteTable, { strict: false })
    .routes.map(
      ({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:([A-Za-z]+)/g, '{$1}')}`,
    );
  expect(routes.sort()).toEqual(known.sort());
  expect(routes).toEqual(
    expect.arrayContaining([
      'get /v1/wa/messages/{id}',
      'post /v1/wa/message',
      'get /v1/webhooks/meta',
      'post /v1/webhooks/meta',
    ]),
  );
});

it('keeps to the API: the guides are read by people', async () => {
  for (const path of ['/guide', '/guide/send', '/llms.txt']) {
    expect([path, (await call(edge, path, { key: null })).status]).toEqual([path, 200]);
  }
  expect(Object.keys(document.paths).filter((path) => !/^\/(api\/)?v1\//.test(path))).toEqual([]);
});

it('leads by each reference to a schema of its own, and has no schema that nothing leads to', () => {
  const references: unknown[] = [];
  JSON.stringify(document, (name, value: unknown) => {
    if (name === '$ref') references.push(value);
    return value;
  });
  const schemas = Object.keys(document.components.schemas);
  const known = schemas.map((name) => `#/components/schemas/${name}`);
  expect([...new Set(references)].sort()).toEqual(known.sort());
});

it('names no header twice: their names have no case', () => {
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const { parameters = [] } of Object.values(methods)) {
      const names = parameters.map(({ in: where, name }) => `${where} ${name.toLowerCase()}`);
      expect([path, names]).toEqual([path, [...new Set(names)]]);
    }
  }
});

it('says which fields may be null and which may be absent', () => {
  const { ApplicationDto, CodeVerifiedDto } = document.components.schemas;
  const orNull = (name: string) => [{ $ref: `#/components/schemas/${name}` }, { type: 'null' }];
  expect(ApplicationDto?.properties).toMatchObject({
    contact: { anyOf: orNull('ApplicationContactDto') },
    channel: { anyOf: orNull('ChannelDto') },
  });
  expect(ApplicationDto?.required).toContain('contact');
  expect(ApplicationDto?.required).not.toContain('channel');
  expect(CodeVerifiedDto?.properties).toHaveProperty('passwordResetToken');
  expect(CodeVerifiedDto?.required).toBeUndefined();
});

it('names every query and header of request and answer, and the key', () => {
  expect(
    sending()
      .parameters?.map(({ in: where, name }) => `${where} ${name}`)
      .sort(),
  ).toEqual(['header Idempotency-Key', 'header X-Request-Id', 'query is_fake', 'query mmlite']);
  expect(sending().security).toEqual([{ apiKey: [] }]);
  expect(Object.keys(sending().responses['200']?.headers ?? {}).sort()).toEqual([
    'Idempotent-Replayed',
    'X-Message-Id',
    'X-RateLimit-min-Limit',
    'X-RateLimit-min-Remaining',
    'X-RateLimit-sec-Limit',
    'X-RateLimit-sec-Remaining',
    'X-Request-Id',
  ]);
  expect(Object.keys(sending().responses['503']?.headers ?? {})).toContain('Retry-After');
  // A prefilled key would make the second try from the page a repeat of the first.
  expect(sending().parameters?.filter(({ example }) => example !== undefined)).toEqual([]);
});

it.each([
  ['the send', sending, SEND_CODES],
  ['the state of a message', message, MESSAGE_CODES],
])('shows for %s every code under its status', (_name, described, codes: readonly ErrorCode[]) => {
  const shown = Object.entries(described().responses).flatMap(([status, { content }]) =>
    Object.keys(content?.['application/json']?.examples ?? {}).map((code) => `${status} ${code}`),
  );
  expect(shown.sort()).toEqual(codes.map((code) => `${CATALOGUE[code].status} ${code}`).sort());
});

/** Codes of doors that are not described here: Meta's own. */
const ELSEWHERE = ['WH_001', 'WH_002', 'WH_003', 'WH_004', 'WH_005'];

it('knows every code of the catalogue on some route', () => {
  const shown = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).flatMap(({ responses }) =>
      Object.values(responses).flatMap(({ content }) =>
        Object.keys(content?.['application/json']?.examples ?? {}),
      ),
    ),
  );
  expect([...new Set([...shown, ...ELSEWHERE])].sort()).toEqual(Object.keys(CATALOGUE).sort());
});

it.each(Object.entries(REQUEST_EXAMPLES))(
  'has an example that works from the page: %s',
  async (name, { value }) => {
    expect(
      Object.keys(sending().requestBody?.content['application/json']?.examples ?? {}),
    ).toContain(name);
    expect((await send(edge, value as object)).status).toBe(200);
  },
);

it('serves the page with its assets', async () => {
  expect((await call(edge, '/docs', { key: null })).text).toContain('swagger-ui');
  expect((await call(edge, '/docs/swagger-ui-bundle.js', { key: null })).status).toBe(200);
});
