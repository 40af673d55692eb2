import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import { until } from '@gateway/testing';
import { textTo } from './gateway-client';
import type { Canaries } from './canaries';
import type { Place } from './places';

const TIMEOUT_MS = 60_000;

type Json = Readonly<Record<string, unknown>>;

/** Somebody who uses the API, and keeps what it says when it says no. */
export class Visitor {
  readonly errors: Place[] = [];
  accessToken = '';

  constructor(readonly url: string) {}

  async call(
    method: string,
    path: string,
    body?: unknown,
    token = this.accessToken,
  ): Promise<{ status: number; data: Json }> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'x-client-type': 'native',
        'idempotency-key': randomUUID(),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status >= 400) {
      this.errors.push({ name: `error of ${method} ${path.split('?')[0]}`, text });
    }
    const { data } = text === '' ? {} : (JSON.parse(text) as { data?: Json });
    return { status: response.status, data: data ?? {} };
  }

  /** As `call`, of which nothing but success is expected. */
  async done(method: string, path: string, body?: unknown, token?: string): Promise<Json> {
    const { status, data } = await this.call(method, path, body, token);
    if (status >= 300) {
      throw new Error(`${method} ${path}: ${status} ${this.errors.at(-1)?.text ?? ''}`);
    }
    return data;
  }
}

/** A customer's server that refuses every webhook and repeats in its answer whatever it got. */
export class EchoingReceiver {
  readonly requests: IncomingMessage[] = [];

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      this.requests.push(request);
      response.writeHead(500).end(JSON.stringify(request.headers));
    });
  }

  static async start(): Promise<EchoingReceiver> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new EchoingReceiver(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

interface Stage {
  readonly visitor: Visitor;
  readonly canaries: Canaries;
  readonly simulatorUrl: string;
  readonly receiverUrl: string;
}

/** Goes every way on which a secret enters or leaves the gateway, with secrets that are looked for afterwards. */
export async function plantSecrets(stage: Stage): Promise<void> {
  const password = await registers(stage);
  const appId = await connects(stage);
  await sends(stage, appId);
  await setsWebhook(stage, appId);
  await invites(stage);
  await changesPassword(stage, password);
}

const EMAIL = 'canary@example.com';

/** @returns the password */
async function registers({ visitor, canaries }: Stage): Promise<string> {
  const password = canaries.secret('password');
  const keepTokens = tokensKeeper(visitor, canaries);
  const user = { firstName: 'Ada', lastName: 'Lovelace', email: EMAIL, password };
  keepTokens('registration', await visitor.done('POST', '/api/v1/users/register', user));
  await visitor.call('POST', '/api/v1/users/register', user);
  const wrong = { email: EMAIL, password: canaries.secret('wrong password') };
  await visitor.call('POST', '/api/v1/auth/token', wrong);
  keepTokens(
    'sign-in',
    await visitor.done('POST', '/api/v1/auth/token', { email: EMAIL, password }),
  );
  keepTokens(
    'organization',
    await visitor.done('POST', '/api/v1/auth/organizations/assign', {
      organizationName: 'Canary',
      organizationWebsite: null,
      businessRole: 'Developer',
      accountType: 'Company',
    }),
  );
  await visitor.call('POST', '/api/v1/auth/refresh', {
    refreshToken: canaries.secret('invented refresh token'),
  });
  return password;
}

/** @returns the handle of the application */
async function connects({ visitor, canaries, simulatorUrl }: Stage): Promise<string> {
  const { appId } = await visitor.done('POST', '/api/v1/applications', {
    applicationName: 'Canary',
    platform: 'whatsapp',
  });
  const path = `/api/v1/applications/${String(appId)}`;
  await visitor.done('PATCH', `/api/v1/channels/whatsapp/applications/${String(appId)}`, {
    contact: { name: 'Ada', email: EMAIL, phoneNumber: canaries.phoneNumber('contact') },
  });
  const free = await fetch(`${simulatorUrl}/_simulator/phone-numbers/free`, { method: 'POST' });
  const channel = (await free.json()) as { accessToken: string };
  canaries.keep("Meta's token", channel.accessToken);
  for (const accessToken of [
    canaries.secret('refused token', 'EAA'),
    canaries.secret('no token'),
  ]) {
    await visitor.call('POST', `${path}/channel`, { ...channel, accessToken });
  }
  await visitor.done('POST', `${path}/channel`, channel);
  return String(appId);
}

async function sends({ visitor, canaries }: Stage, appId: string): Promise<void> {
  const path = `/api/v1/applications/${appId}`;
  const number = await visitor.done('POST', `${path}/sandbox/test-numbers`, {
    phoneNumber: canaries.phoneNumber('test number'),
    title: null,
  });
  await visitor.done('POST', '/api/v1/wallet/top-up', { amountUsd: 10 });
  const keyOf = async (environment: string): Promise<string> => {
    const { key } = await visitor.done('POST', `${path}/api-keys`, { name: 'Canary', environment });
    return canaries.keep(`${environment} key`, key);
  };
  const message = () => textTo(canaries.phoneNumber('recipient'), 'Hello!');
  const key = await keyOf('production');
  await until(async () => {
    const { status } = await visitor.call('POST', '/v1/wa/message', message(), key);
    return status === 200;
  }, TIMEOUT_MS);
  await visitor.call('POST', '/v1/wa/message', message(), await keyOf('staging'));
  await visitor.call('POST', '/v1/wa/message', message(), canaries.secret('invented key', 'pk_'));
  await visitor.call('POST', '/v1/wa/message', { ...message(), type: 'template' }, key);
  await visitor.done('POST', `${path}/sandbox/messages/test`, {
    testNumberId: number.id,
    messageType: 'CUSTOM',
    message: 'Hello!',
  });
}

async function setsWebhook(stage: Stage, appId: string): Promise<void> {
  const { visitor, canaries, receiverUrl } = stage;
  const path = `/api/v1/applications/${appId}/webhook`;
  const settings = {
    url: receiverUrl,
    headers: {
      Authorization: `Basic ${canaries.secret('authorization of a webhook')}`,
      'X-Api-Key': canaries.secret('header of a webhook'),
    },
    secret: canaries.secret('secret of a webhook'),
    hubSignature: true,
  };
  const { signingSecret } = await visitor.done('POST', path, settings);
  canaries.keep('signing secret', signingSecret);
  const rotated = await visitor.done('POST', `${path}/signing-secret/rotate`, { overlapHours: 1 });
  canaries.keep('next signing secret', rotated.signingSecret);
  await visitor.done('POST', `${path}/test`);
  const refused = canaries.secret('secret of a refused webhook');
  await visitor.call('POST', path, { url: 'ftp://127.0.0.1/', secret: refused });
  await visitor.call('POST', path, { headers: { 'bad name': canaries.secret('refused header') } });
  // A delivery that fails is kept with what the receiver said.
  await inbound(stage, appId);
  await until(async () => {
    const { data } = await visitor.call('GET', `${path}/deliveries`);
    return JSON.stringify(data).includes('http_500');
  }, TIMEOUT_MS);
}

async function inbound(stage: Stage, appId: string): Promise<void> {
  const { visitor, canaries, simulatorUrl } = stage;
  const { channel } = await visitor.done('GET', `/api/v1/applications/${appId}?expand=channel`);
  const { phoneNumberId } = channel as { phoneNumberId: string };
  const from = canaries.phoneNumber('sender').slice(1);
  const answer = await fetch(`${simulatorUrl}/_simulator/inbound`, {
    method: 'POST',
    body: JSON.stringify({ phoneNumberId, from }),
  });
  if (!answer.ok) throw new Error(`the simulator said ${answer.status}`);
}

async function invites(stage: Stage): Promise<void> {
  const { visitor, canaries } = stage;
  const email = 'invited@example.com';
  await visitor.done('POST', '/api/v1/organizations/members', { email, role: 'developer' });
  const [token = ''] = /^[A-Za-z0-9_-]{40,}$/m.exec(await told(stage, email)) ?? [];
  canaries.keep('invite token', token);
  const guest = new Visitor(visitor.url);
  const password = canaries.secret('password of the invited');
  const user = { firstName: 'Grace', lastName: 'Hopper', email, password };
  const { accessToken } = await guest.done('POST', '/api/v1/users/register', user);
  guest.accessToken = canaries.keep('access token of the invited', accessToken);
  const invented = { inviteToken: canaries.secret('invented invite token') };
  await guest.call('POST', '/api/v1/organizations/members/accept', invented);
  await guest.done('POST', '/api/v1/organizations/members/accept', { inviteToken: token });
  visitor.errors.push(...guest.errors);
}

async function changesPassword(stage: Stage, password: string): Promise<void> {
  const { visitor, canaries } = stage;
  const keepTokens = tokensKeeper(visitor, canaries);
  const next = canaries.secret('next password');
  const passwords = { newPassword: next, confirmPassword: next };
  const change = '/api/v1/auth/password/change';
  const wrong = { currentPassword: canaries.secret('wrong current password'), ...passwords };
  await visitor.call('POST', change, wrong);
  const changed = await visitor.done('POST', change, { currentPassword: password, ...passwords });
  keepTokens('password change', changed);

  const target = canaries.phoneNumber('phone of the user');
  const verificationSource = 'WHATSAPP';
  const twoFactor = '/api/v1/auth/two-factor';
  const phoneCheck = { verificationSource, target, type: 'PHONE_VERIFICATION' };
  await visitor.done('POST', `${twoFactor}/send`, phoneCheck);
  const code = await told(stage, target);
  await visitor.done('POST', `${twoFactor}/verify`, { code, verificationSource });
  const reset = { verificationSource, target, type: 'FORGET_PASSWORD' };
  await visitor.done('POST', `${twoFactor}/send`, reset);
  const resetCode = await told(stage, target, 1);
  const verified = await visitor.done('POST', `${twoFactor}/verify`, { ...reset, code: resetCode });
  const last = canaries.secret('last password');
  const body = { newPassword: last, confirmPassword: last };
  const passwordResetToken = canaries.keep('reset token', verified.passwordResetToken);
  const invented = canaries.secret('invented reset token');
  await visitor.call('POST', '/api/v1/auth/password/reset', {
    passwordResetToken: invented,
    ...body,
  });
  await visitor.done('POST', '/api/v1/auth/password/reset', { passwordResetToken, ...body });
  await visitor.call('GET', '/api/v1/users/me');
  keepTokens(
    'sign-in after the reset',
    await visitor.done('POST', '/api/v1/auth/token', { email: EMAIL, password: last }),
  );
}

const tokensKeeper =
  (visitor: Visitor, canaries: Canaries) =>
  (name: string, { accessToken, refreshToken }: Json): void => {
    visitor.accessToken = canaries.keep(`access token of ${name}`, accessToken);
    canaries.keep(`refresh token of ${name}`, refreshToken);
    // What makes a token one: it is good without the rest, which says who has it.
    canaries.keep(`signature of ${name}`, visitor.accessToken.split('.')[2]);
  };

/** What somebody was told in the message with this number, from 0. */
async function told({ simulatorUrl }: Stage, to: string, index = 0): Promise<string> {
  let text: string | undefined;
  await until(async () => {
    const answer = await fetch(`${simulatorUrl}/_simulator/outbox?to=${encodeURIComponent(to)}`);
    const { messages } = (await answer.json()) as { messages: { text: string }[] };
    text = messages[index]?.text;
    return text !== undefined;
  }, TIMEOUT_MS);
  return text ?? '';
}
