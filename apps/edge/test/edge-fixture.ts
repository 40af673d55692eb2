import { Module } from '@nestjs/common';
import {
  formatApiKey,
  TEST_NUMBER_HASH_PREFIX,
  type ApplicationContext,
  type KeyContext,
  type KeyEnvironment,
  type TenancyRecord,
} from '@gateway/contracts';
import {
  TRANSPORT,
  createMemoryTransport,
  memoryServer,
  type MemoryTransport,
} from '@gateway/messaging';
import {
  createLogger,
  ed25519PublicBytes,
  hmacSha256Hex,
  loadConfig,
  runService,
  type RunningService,
} from '@gateway/platform';
import { configureEdgeHttp } from '../src/edge-http.config';
import { EDGE_VARIABLES } from '../src/edge.config';
import { EdgeModule } from '../src/edge.module';
import { Stages, stagesModule } from './stages';

const SECRET = Buffer.alloc(32, 7);
const SEALING_KEY = Buffer.alloc(32, 9);
export const APP_SECRET = 'an app secret of Meta';
export const VERIFY_TOKEN = 'a verify token';
export const SIGNING_SEED = Buffer.alloc(32, 5);
export const ORG_ID = '0193a8c0-0000-7000-8000-00000000000a';
export const APP_ID = '0193a8c0-0000-7000-8000-00000000000b';
const KEY_ID = '0193a8c0-0000-7000-8000-00000000000c';
export const TEST_NUMBER = '15550100001';

export const PRODUCTION_KEY = formatApiKey('production', 'p'.repeat(43));
export const STAGING_KEY = formatApiKey('staging', 's'.repeat(43));
export const hashKey = (key: string): string => hmacSha256Hex(SECRET, key);

export const keyContext = (
  environment: KeyEnvironment = 'production',
  more: Partial<KeyContext> = {},
): KeyContext => ({
  keyId: KEY_ID,
  orgId: ORG_ID,
  appId: APP_ID,
  environment,
  isActive: true,
  expiresAtMs: null,
  limitPerSecond: 80,
  limitPerMinute: 4_800,
  ...more,
});

export const applicationContext = (more: Partial<ApplicationContext> = {}): ApplicationContext => ({
  appId: APP_ID,
  handle: 'demo',
  orgId: ORG_ID,
  status: 'ACTIVATED',
  channel: { phoneNumberId: '1', wabaId: '2', sealedAccessToken: 'AA==' },
  testNumberHashes: [hmacSha256Hex(SECRET, TEST_NUMBER_HASH_PREFIX + TEST_NUMBER)],
  ...more,
});

/** Auth's side of `tenancy.changed.v1`. */
class TenancyTopic {
  version = 0;

  constructor(private readonly transport: MemoryTransport) {}

  async write(
    ...changes: (Pick<TenancyRecord & { id: string }, 'kind' | 'id'> & { data: unknown })[]
  ) {
    for (const change of changes) {
      this.version++;
      await this.send(`${change.kind}:${change.id}`, { ...change, version: this.version });
    }
    await this.watermark();
  }

  async watermark(version = this.version, atMs = Date.now()): Promise<void> {
    await this.send('watermark', { kind: 'watermark', version, atMs });
  }

  async send(key: string, value: object | string): Promise<void> {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    await this.transport.producer.send({ topic: 'tenancy.changed.v1', key, value: text });
  }
}

export interface Edge {
  readonly url: string;
  readonly port: number;
  readonly service: RunningService;
  readonly stages: Stages;
  readonly tenancy: TenancyTopic;
  readonly transport: MemoryTransport;
  readonly logLines: string[];
  close(): Promise<void>;
}

@Module({})
class TestProcessModule {}

let instances = 0;

/** An edge on a port of its own, with real topics and played stages behind them. */
export async function startEdge(environment: Record<string, string> = {}): Promise<Edge> {
  const config = loadConfig(EDGE_VARIABLES, {
    EDGE_HTTP_PORT: '0',
    EDGE_HEALTH_PORT: '0',
    KEY_HASH_SECRET: SECRET.toString('hex'),
    COMMAND_SEALING_KEY: SEALING_KEY.toString('hex'),
    META_APP_SECRET: APP_SECRET,
    META_VERIFY_TOKEN: VERIFY_TOKEN,
    ACCESS_TOKEN_PUBLIC_KEY: ed25519PublicBytes(SIGNING_SEED).toString('hex'),
    ...environment,
  });
  const logLines: string[] = [];
  const logger = createLogger({
    service: 'edge',
    level: 'debug',
    destination: { write: (line) => void logLines.push(line) },
  });
  const stages = new Stages();
  const transport = createMemoryTransport({
    pathPartitions: 4,
    logger,
    instanceName: `edge-${instances++}`,
  });
  const tenancy = new TenancyTopic(transport);
  await tenancy.write(
    { kind: 'application', id: APP_ID, data: applicationContext() },
    { kind: 'key', id: hashKey(PRODUCTION_KEY), data: keyContext() },
    { kind: 'key', id: hashKey(STAGING_KEY), data: keyContext('staging') },
  );
  const timer = setInterval(() => void tenancy.watermark(), 1_000);
  const edge = EdgeModule.register(config);
  const service = await runService({
    service: 'edge',
    module: { module: TestProcessModule, imports: [edge, stagesModule(stages, SEALING_KEY)] },
    config,
    logger,
    transport,
    strategy: memoryServer(transport, { logger, drainTimeoutMs: 100 }),
    globals: [{ provide: TRANSPORT, useValue: transport }],
    configureHttp: configureEdgeHttp,
    isEmbedded: true,
  });
  const port = service.httpPort ?? 0;
  const close = async (): Promise<void> => {
    clearInterval(timer);
    await service.stop();
  };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    service,
    stages,
    tenancy,
    transport,
    logLines,
    close,
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly code: string | undefined;
  readonly params: Record<string, unknown> | undefined;
}

export const TEXT = {
  messaging_product: 'whatsapp',
  to: '905321234567',
  type: 'text',
  text: { body: 'Hi' },
};

interface CallOptions {
  readonly method?: string;
  readonly key?: string | null;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer | object;
}

/** One request, with the production key unless told otherwise. */
export async function call(edge: Edge, path: string, options: CallOptions = {}): Promise<Answer> {
  const { method = 'GET', key = PRODUCTION_KEY, headers = {}, body } = options;
  const response = await fetch(edge.url + path, {
    method,
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: bytesOf(body) }),
  });
  return answerOf(response.status, response.headers, await response.text());
}

const bytesOf = (body: string | Buffer | object): string | Uint8Array<ArrayBuffer> =>
  typeof body === 'string'
    ? body
    : new Uint8Array(Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body)));

function answerOf(status: number, headers: Headers, text: string): Answer {
  const { errors } = (text.startsWith('{') ? JSON.parse(text) : {}) as {
    errors?: { code: string; params: Record<string, unknown> };
  };
  return { status, headers, text, code: errors?.code, params: errors?.params };
}

/** A send, of `TEXT` unless told otherwise. */
export const send = (
  edge: Edge,
  body: CallOptions['body'] = TEXT,
  options: CallOptions & { query?: string } = {},
): Promise<Answer> =>
  call(edge, `/v1/wa/message${options.query ?? ''}`, { method: 'POST', body, ...options });

/** A well-formed key that nobody has. */
export const formatKey = (number: number): string =>
  formatApiKey('production', String(number).padStart(43, 'x'));
