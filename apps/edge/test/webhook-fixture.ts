import type { DeliveryRecord, Role, WebhookEndpointRecord } from '@gateway/contracts';
import { call, startEdge, type Answer, type Edge } from './edge-fixture';
import { accessToken } from './signed-in';

const APPLICATION = '/api/v1/applications/demo';
export const ID = '0193a8c0-0000-7000-8000-0000000000b1';
export const FROM = '2026-11-01T00:00:00Z';
export const TO = '2026-11-02T00:00:00+02:00';

export const RECORD: WebhookEndpointRecord = {
  id: ID,
  url: 'https://example.com/hook',
  headers: { 'X-Api-Key': 'header-secret' },
  subscribedEvents: {
    messages: true,
    message_status: true,
    read: false,
    message_template_status: true,
    account: true,
  },
  hubSignature: false,
  isActive: true,
  disabledReason: null,
  createdAt: '2026-11-28T10:00:00.000Z',
  updatedAt: '2026-11-28T10:00:00.000Z',
};
const RESPONSE = { body: 'ok', encoding: 'utf8', isTruncated: false } as const;
export const RESULT = {
  isDelivered: true,
  code: 'http_200',
  statusCode: 200,
  durationMs: 12,
  response: RESPONSE,
} as const;
export const DELIVERY: DeliveryRecord = {
  id: ID,
  webhookId: 'evt_1',
  event: 'message_status',
  state: 'delivered',
  messageId: null,
  createdAt: '2026-11-28T10:00:00.000Z',
  nextAttemptAt: null,
  attempts: [
    {
      number: 1,
      startedAt: '2026-11-28T10:00:00.000Z',
      durationMs: 12,
      code: 'http_200',
      statusCode: 200,
      response: RESPONSE,
    },
  ],
};
export const REPLAY = { id: ID, state: 'running', total: 7, done: 3 } as const;

/** Every route, with a request that is in order. */
export const ROUTES = [
  { name: 'read', method: 'GET', path: '/webhook', asks: ['endpoint.get'] },
  {
    name: 'upsert',
    method: 'POST',
    path: '/webhook',
    body: { url: RECORD.url },
    asks: ['endpoint.upsert'],
  },
  { name: 'delete', method: 'DELETE', path: '/webhook', asks: ['endpoint.delete'] },
  { name: 'test', method: 'POST', path: '/webhook/test', asks: ['endpoint.get', 'endpoint.test'] },
  {
    name: 'rotate',
    method: 'POST',
    path: '/webhook/signing-secret/rotate',
    body: { overlapHours: 1 },
    asks: ['endpoint.rotate'],
  },
  { name: 'deliveries', method: 'GET', path: '/webhook/deliveries', asks: ['deliveries.list'] },
  {
    name: 'resend',
    method: 'POST',
    path: `/webhook/deliveries/${ID}/resend`,
    asks: ['deliveries.resend'],
  },
  {
    name: 'create replay',
    method: 'POST',
    path: '/webhook/replays',
    body: { from: FROM, to: TO },
    asks: ['replays.create'],
  },
  { name: 'read replay', method: 'GET', path: `/webhook/replays/${ID}`, asks: ['replays.get'] },
  {
    name: 'cancel replay',
    method: 'DELETE',
    path: `/webhook/replays/${ID}`,
    asks: ['replays.cancel'],
  },
  {
    name: 'sandbox test',
    method: 'POST',
    path: '/sandbox/webhook/test',
    body: { targetUrl: RECORD.url, payload: '{}' },
    asks: ['endpoint.get', 'target.test'],
  },
] as const;

export type Route = (typeof ROUTES)[number];

export function routeOf(name: Route['name']): Route {
  const route = ROUTES.find((each) => each.name === name);
  if (!route) throw new Error(name);
  return route;
}

export interface AskOptions {
  readonly method?: string;
  readonly body?: object | string;
  readonly role?: Role | null;
  readonly key?: string | null;
}

/** An edge, who asks it for one application, and the webhooks service behind it, played. */
export class WebhookCaller {
  private constructor(
    readonly edge: Edge,
    private readonly tokens: ReadonlyMap<Role | null, string>,
  ) {}

  static async start(): Promise<WebhookCaller> {
    const tokens = new Map<Role | null, string>();
    for (const role of ['owner', 'admin', 'developer', 'billing', 'read-only', null] as const) {
      tokens.set(role, await accessToken(role));
    }
    return new WebhookCaller(await startEdge(), tokens);
  }

  /** Forgets what was played and asked. */
  reset(): void {
    this.edge.stages.reset();
    this.edge.stages.commands.length = 0;
  }

  ask(path: string, { role = 'owner', ...options }: AskOptions = {}): Promise<Answer> {
    return call(this.edge, APPLICATION + path, { key: this.tokens.get(role), ...options });
  }

  askRoute({ method, path, ...route }: Route, options: AskOptions = {}): Promise<Answer> {
    return this.ask(path, { method, ...('body' in route && { body: route.body }), ...options });
  }

  /** What the service was asked. */
  asked(): { command: string; request: unknown }[] {
    return this.edge.stages.commands.map(({ command, request }) => ({ command, request }));
  }

  /** The webhooks service at its best. */
  playAll(): void {
    const { stages } = this.edge;
    stages.on('webhooks', 'endpoint.get', () => RECORD);
    stages.on('webhooks', 'endpoint.upsert', () => ({ ...RECORD, isCreated: false }));
    stages.on('webhooks', 'endpoint.delete', () => null);
    stages.on('webhooks', 'endpoint.test', () => RESULT);
    stages.on('webhooks', 'target.test', () => RESULT);
    stages.on('webhooks', 'endpoint.rotate', () => ({ signingSecret: 'whsec_new' }));
    stages.on('webhooks', 'deliveries.list', () => ({ deliveries: [DELIVERY], totalCount: 41 }));
    stages.on('webhooks', 'deliveries.resend', () => DELIVERY);
    stages.on('webhooks', 'replays.create', () => REPLAY);
    stages.on('webhooks', 'replays.get', () => REPLAY);
    stages.on('webhooks', 'replays.cancel', () => null);
  }
}

export const dataOf = ({ text }: Answer): unknown => (JSON.parse(text) as { data: unknown }).data;

export const fieldsOf = ({ params }: Answer) => (params as { fields: { path: string }[] }).fields;
