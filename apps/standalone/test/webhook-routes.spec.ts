import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { HOSTILE_URLS } from '@gateway/testing';
import { Gateway, GatewayError } from '../../../tools/listen/gateway';
import { GatewayClient, textTo } from './gateway-client';
import { GatewayProcess } from './gateway-process';

const LISTEN = join(__dirname, '../../../dist/tools/listen/main.js');

/** The local receiver, as its own process. */
class Listener {
  output = '';

  private constructor(private readonly child: ChildProcess) {
    const collect = (chunk: Buffer): void => {
      this.output += chunk.toString();
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
  }

  static async start(gateway: GatewayProcess): Promise<Listener> {
    const env = { PATH: '/usr/bin', DATA_DIR: gateway.dataDir };
    const listener = new Listener(spawn(process.execPath, [LISTEN], { env }));
    await listener.untilPrinted(/^ready: .+$/m);
    return listener;
  }

  async untilPrinted(pattern: RegExp): Promise<void> {
    const untilMs = Date.now() + 60_000;
    while (!pattern.test(this.output)) {
      if (Date.now() > untilMs || this.child.exitCode !== null) {
        throw new Error(`${String(pattern)} was not printed:\n${this.output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    const ended = once(this.child, 'exit') as Promise<[number | null]>;
    this.child.kill(signal);
    const [code] = await ended;
    return code;
  }
}

describe('the webhook routes, the whole program', () => {
  describe('with a local receiver', () => {
    let gateway: GatewayProcess;
    let owner: Gateway;
    beforeAll(async () => {
      gateway = await GatewayProcess.start({ profile: 'standalone' });
      owner = await Gateway.signIn(gateway.demo);
    }, 120_000);
    afterAll(() => gateway.stop(), 60_000);

    it('show sent, delivered and read of a message within seconds, and leave nothing behind', async () => {
      const listener = await Listener.start(gateway);
      const client = new GatewayClient(gateway.url, gateway.demo.productionKey);
      const answer = await client.send(textTo('905321234567', 'Hello!'));
      expect(answer.status).toBe(200);
      await listener.untilPrinted(/signature ok .*\bread +wamid\./);
      const events = listener.output.split('\n').filter((line) => line.includes('wamid.'));
      expect(events.map((line) => /(sent|delivered|read) +wamid/.exec(line)?.[1])).toEqual([
        'sent',
        'delivered',
        'read',
      ]);
      expect(new Set(events.map((line) => /wamid\.\S+/.exec(line)?.[0])).size).toBe(1);
      expect(events.every((line) => line.includes('signature ok'))).toBe(true);
      expect(await listener.end('SIGTERM')).toBe(0);
      expect(await owner.endpoint()).toBeNull();
    }, 120_000);

    it('give back the endpoint that was there, also after a receiver that was killed', async () => {
      const before = await owner.upsert({
        url: 'https://example.com/hook',
        headers: { 'X-Api-Key': 'k' },
        subscribedEvents: { messages: true, read: false },
        isActive: false,
      });
      const killed = await Listener.start(gateway);
      expect((await owner.endpoint())?.url).toMatch(/^http:\/\/127\.0\.0\.1:/);
      await killed.end('SIGKILL');
      const next = await Listener.start(gateway);
      expect(await next.end('SIGINT')).toBe(0);
      const after = await owner.endpoint();
      const { url, headers, subscribedEvents, isActive } = before;
      expect(after).toMatchObject({ url, headers, subscribedEvents, isActive });
      await owner.remove();
      expect(await owner.endpoint()).toBeNull();
    }, 120_000);
  });

  describe('with the loopback range closed', () => {
    let gateway: GatewayProcess;
    let owner: Gateway;
    let token = '';
    beforeAll(async () => {
      const environment = { WEBHOOK_ALLOW_LOOPBACK: 'false' };
      gateway = await GatewayProcess.start({ profile: 'standalone', environment });
      owner = await Gateway.signIn(gateway.demo);
      const { email, password } = gateway.demo;
      const response = await fetch(`${gateway.url}/api/v1/auth/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-client-type': 'native' },
        body: JSON.stringify({ email, password }),
      });
      token = ((await response.json()) as { data: { accessToken: string } }).data.accessToken;
    }, 120_000);
    afterAll(() => gateway.stop(), 60_000);

    const hostile = Object.values(HOSTILE_URLS).flat();

    it(`refuse each of ${hostile.length} hostile URLs at registration, and keep nothing`, async () => {
      for (const url of [...hostile, 'http://127.0.0.1:9/']) {
        const refused: unknown = await owner.upsert({ url }).catch((error: unknown) => error);
        expect([url, refused instanceof GatewayError && refused.code]).toEqual([url, 'GW_003']);
      }
      expect(await owner.endpoint()).toBeNull();
    }, 120_000);

    it('refuse each as the target of a test', async () => {
      const path = `/api/v1/applications/${gateway.demo.appId}/sandbox/webhook/test`;
      for (const targetUrl of [...hostile, 'http://127.0.0.1:9/']) {
        const response = await fetch(gateway.url + path, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
          body: JSON.stringify({ targetUrl, payload: '{}' }),
        });
        const { errors } = (await response.json()) as {
          errors?: { code: string; params: { fields: { path: string }[] } };
        };
        expect([targetUrl, response.status, errors?.code]).toEqual([targetUrl, 400, 'GW_003']);
        expect(errors?.params.fields.map((field) => field.path)).toEqual(['targetUrl']);
      }
    }, 120_000);
  });
});
