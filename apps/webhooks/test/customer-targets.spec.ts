import { HOSTILE_URLS, until } from '@gateway/testing';
import type { DnsSource } from '../src/address-resolver';
import { CustomerClient, type CustomerClientOptions } from '../src/customer.client';
import { AddressRule } from '../src/domain/address-rule';
import { checkWebhookUrl } from '../src/domain/webhook-url';
import { TestAuthority } from './certificates';
import { NameServer } from './name-server';
import { answer, SocketReceiver } from './socket-receiver';

/** Stands for a public address: the tests open it, and nothing beside it. */
const PUBLIC = '127.0.0.2';
const PRIVATE = '127.0.0.1';

type Records = readonly { address: string; ttl: number }[];

/** Answers each name in turn with the next of its lists, the last one for ever; counts what it was asked. */
class ScriptedNames implements DnsSource {
  readonly asked: string[] = [];

  constructor(private readonly scripts: Readonly<Record<string, readonly (readonly string[])[]>>) {}

  resolve4(name: string): Promise<{ address: string; ttl: number }[]> {
    this.asked.push(name);
    const script = this.scripts[name] ?? [];
    const count = this.asked.filter((asked) => asked === name).length;
    const addresses = script[Math.min(count, script.length) - 1];
    return found(addresses?.filter((address) => !address.includes(':')));
  }

  resolve6(name: string): Promise<{ address: string; ttl: number }[]> {
    const script = this.scripts[name] ?? [];
    const count = this.asked.filter((asked) => asked === name).length;
    const addresses = script[Math.min(count, script.length) - 1];
    return found(addresses?.filter((address) => address.includes(':')));
  }
}

const found = (addresses: readonly string[] = []): Promise<{ address: string; ttl: number }[]> =>
  addresses.length > 0
    ? Promise.resolve(addresses.map((address) => ({ address, ttl: 0 })))
    : Promise.reject(Object.assign(new Error('no data'), { code: 'ENODATA' }));

const failing = (code: string): DnsSource => {
  const fail = () => Promise.reject(Object.assign(new Error(code), { code }));
  return { resolve4: fail, resolve6: fail };
};

const answeringWith = (records: Records): DnsSource => ({
  resolve4: () => Promise.resolve([...records]),
  resolve6: () => Promise.reject(Object.assign(new Error('no data'), { code: 'ENODATA' })),
});

describe('a target', () => {
  const clients: CustomerClient[] = [];
  let authority: TestAuthority;
  /** HTTPS, on every loopback address, with a certificate of `hook.example`. */
  let receiver: SocketReceiver;

  const clientOf = (options: Partial<CustomerClientOptions> = {}) => {
    const client = new CustomerClient({
      allowLoopback: false,
      allowCidrs: [`${PUBLIC}/32`],
      ca: authority.ca,
      ...options,
    });
    clients.push(client);
    return client;
  };
  const post = (client: CustomerClient, url: string, deadlineMs = 30_000) =>
    client.post({ url, body: Buffer.from('{}'), headers: {}, deadlineMs });

  beforeAll(async () => {
    authority = await TestAuthority.create();
  });
  beforeEach(async () => {
    receiver = await SocketReceiver.start(await authority.issue('hook.example'), '0.0.0.0');
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await receiver.close();
  });

  const hostile = [...HOSTILE_URLS.notations, ...HOSTILE_URLS.names, ...HOSTILE_URLS.shapes];

  it(`is refused at registration and at send for each of ${hostile.length} hostile URLs`, async () => {
    expect(hostile.length).toBeGreaterThanOrEqual(60);
    const names = new ScriptedNames({});
    const client = clientOf({ allowCidrs: [], dns: names });
    for (const url of hostile) {
      expect([url, checkWebhookUrl(url, client.rule).length]).toEqual([url, 1]);
      const answered = await post(client, url);
      expect([url, answered]).toEqual([
        url,
        {
          isDelivered: false,
          code: 'blocked_target',
          statusCode: null,
          durationMs: 0,
          retryAfterMs: null,
          steering: null,
          isGone: false,
          response: null,
        },
      ]);
    }
    expect(names.asked).toEqual([]);
  });

  it('is reached by its name, with that name in TLS and in Host', async () => {
    const client = clientOf({ dns: new ScriptedNames({ 'hook.example': [[PUBLIC]] }) });
    expect(await post(client, receiver.url('/x', 'HOOK.example.'))).toMatchObject({
      isDelivered: true,
    });
    expect(receiver.requests[0]?.headers.host).toBe(`hook.example:${receiver.port}`);
  });

  it.each([
    ['42: private', [PRIVATE]],
    ['42: the metadata service', ['169.254.169.254']],
    ['43: public and private', [PUBLIC, PRIVATE]],
    ['43: many public and one private', [...Array<string>(20).fill(PUBLIC), '10.0.0.1']],
    ['45: public over IPv4 and private over IPv6', [PUBLIC, 'fd00:ec2::254']],
    ['45: mapped', ['::ffff:10.0.0.1']],
  ])(
    'with a name that resolves to what is %s is blocked, and never contacted',
    async (_name, addresses) => {
      const client = clientOf({ dns: new ScriptedNames({ 'hook.example': [addresses] }) });
      expect(await post(client, receiver.url('/x', 'hook.example'))).toMatchObject({
        code: 'blocked_target',
        response: null,
      });
      expect(receiver.connections).toBe(0);
    },
  );

  it('44: that is public when it is saved and private at the send is blocked', async () => {
    const client = clientOf({ dns: new ScriptedNames({ 'hook.example': [[PRIVATE]] }) });
    const url = receiver.url('/x', 'hook.example');
    expect(checkWebhookUrl(url, client.rule)).toEqual([]);
    expect(await post(client, url)).toMatchObject({ code: 'blocked_target' });
    expect(receiver.connections).toBe(0);
  });

  it('44: that is rebound between check and connect is reached at the address that was checked', async () => {
    const names = new ScriptedNames({ 'hook.example': [[PUBLIC], [PRIVATE]] });
    const client = clientOf({ dns: names });
    expect(await post(client, receiver.url('/x', 'hook.example'))).toMatchObject({
      isDelivered: true,
    });
    expect(names.asked).toEqual(['hook.example']);
    expect(receiver.requests[0]?.socket.localAddress).toBe(PUBLIC);
  });

  it('44: that is rebound later is blocked at its next connection', async () => {
    let nowMs = 0;
    const client = clientOf({
      dns: new ScriptedNames({ 'hook.example': [[PUBLIC], [PRIVATE]] }),
      clock: { monotonicMs: () => nowMs, nowMs: () => nowMs },
    });
    receiver.handler = answer(200, 'connection: close\r\n');
    const url = receiver.url('/x', 'hook.example');
    expect(await post(client, url)).toMatchObject({ isDelivered: true });
    await until(() => receiver.openConnections === 0);
    nowMs = 60_000;
    expect(await post(client, url)).toMatchObject({ code: 'blocked_target' });
    expect(receiver.connections).toBe(1);
  });

  it('46: behind a chain of names that ends inside is blocked, asked of a real name server', async () => {
    const server = await NameServer.start({
      'chain.example': { cname: 'localhost', a: [PRIVATE] },
      'hook.example': { cname: 'edge.example', a: [PUBLIC] },
    });
    const client = clientOf({ dns: server.resolver() });
    expect(await post(client, receiver.url('/x', 'chain.example'))).toMatchObject({
      code: 'blocked_target',
    });
    expect(await post(client, receiver.url('/x', 'hook.example'))).toMatchObject({
      isDelivered: true,
    });
    expect(receiver.connections).toBe(1);
    await server.close();
  });

  it.each([301, 302, 303, 307, 308])(
    '29: that redirects inside with %i is left there',
    async (status) => {
      const client = clientOf({ dns: new ScriptedNames({ 'hook.example': [[PUBLIC]] }) });
      receiver.handler = answer(status, 'location: https://169.254.169.254/latest/meta-data/\r\n');
      expect(await post(client, receiver.url('/x', 'hook.example'))).toMatchObject({
        code: 'redirect',
      });
      expect(receiver.requests).toHaveLength(1);
    },
  );

  it('49: that is a port of the gateway itself is blocked, by its address and by a name', async () => {
    const own = await SocketReceiver.start();
    const client = clientOf({ allowLoopback: true, ownPorts: [own.port] });
    expect(await post(client, own.url())).toMatchObject({ code: 'blocked_target' });
    expect(await post(client, own.url('/', 'localhost'))).toMatchObject({ code: 'blocked_target' });
    expect(own.requests).toEqual([]);
    await own.close();
  });

  it('50: whose name does not exist, fails, is not answered for or has no address is a dns_error', async () => {
    const server = await NameServer.start({
      'servfail.example': { rcode: 2 },
      'refused.example': { rcode: 5 },
      'silent.example': 'silence',
      'empty.example': { a: [] },
    });
    const client = clientOf({ dns: server.resolver() });
    for (const name of ['none', 'servfail', 'refused', 'silent', 'empty']) {
      const answered = await post(client, `https://${name}.example/`);
      expect([name, answered.code]).toEqual([name, 'dns_error']);
    }
    await server.close();
  });

  it('50: whose name has 1000 addresses is a dns_error; whose name server hangs holds nobody else up', async () => {
    const many = Array.from({ length: 1000 }, () => ({ address: PUBLIC, ttl: 60 }));
    expect(
      await post(clientOf({ dns: answeringWith(many) }), 'https://many.example/'),
    ).toMatchObject({
      code: 'dns_error',
    });
    const server = await NameServer.start({
      'silent.example': 'silence',
      'hook.example': { a: [PUBLIC] },
    });
    const client = clientOf({ dns: server.resolver(20_000) });
    const hanging = Array.from({ length: 100 }, () =>
      post(client, 'https://silent.example/', 4_000),
    );
    expect(await post(client, receiver.url('/x', 'hook.example'))).toMatchObject({
      isDelivered: true,
    });
    for (const answered of await Promise.all(hanging)) {
      expect(answered).toMatchObject({ isDelivered: false, code: 'dns_error' });
    }
    await server.close();
  });

  it('50: is asked for once for all who wait for it, and again when its answer is over', async () => {
    let nowMs = 0;
    const names = new ScriptedNames({ 'hook.example': [[PUBLIC]] });
    const clock = { monotonicMs: () => nowMs, nowMs: () => nowMs };
    const client = clientOf({ dns: names, clock });
    receiver.handler = answer(200, 'connection: close\r\n');
    const url = receiver.url('/x', 'hook.example');
    await Promise.all(Array.from({ length: 10 }, () => post(client, url)));
    expect(names.asked).toHaveLength(1);
    nowMs = 60_000;
    await post(client, url);
    expect(names.asked).toHaveLength(2);
  });

  it('50: is not at fault when no name server can be asked', async () => {
    const client = clientOf({ dns: failing('ECONNREFUSED') });
    expect(await post(client, 'https://hook.example/')).toMatchObject({ code: 'interrupted' });
  });

  it('52: that is open no more gets nothing over the connection that was there', async () => {
    const dns = new ScriptedNames({ 'hook.example': [[PUBLIC]] });
    const url = receiver.url('/x', 'hook.example');
    const before = clientOf({ dns });
    expect(await post(before, url)).toMatchObject({ isDelivered: true });
    await before.close();
    expect(await post(clientOf({ dns, allowCidrs: [] }), url)).toMatchObject({
      code: 'blocked_target',
    });
    expect(receiver.requests).toHaveLength(1);
  });

  it('with the loopback range open may be this machine, and nothing else inside', async () => {
    const local = await SocketReceiver.start();
    const client = clientOf({ allowLoopback: true, allowCidrs: [] });
    expect(await post(client, local.url('/', 'localhost'))).toMatchObject({ isDelivered: true });
    for (const url of ['http://10.0.0.1/', 'https://10.0.0.1/', 'https://169.254.169.254/']) {
      expect(await post(client, url)).toMatchObject({ code: 'blocked_target' });
    }
    await local.close();
  });

  it('shares its judgement with whoever saves it', () => {
    expect(clientOf().rule).toBeInstanceOf(AddressRule);
  });

  describe('36: with a certificate', () => {
    const tlsErrorOf = async (
      tls: Parameters<typeof SocketReceiver.start>[0],
      trusted = authority.ca,
    ) => {
      const other = await SocketReceiver.start(tls, '0.0.0.0');
      const client = clientOf({
        ca: trusted,
        dns: new ScriptedNames({ 'hook.example': [[PUBLIC]] }),
      });
      const answered = await post(client, other.url('/x', 'hook.example'));
      expect(other.requests).toEqual([]);
      await other.close();
      return answered;
    };

    it('36, 37: that is expired is a tls_error', async () => {
      expect(await tlsErrorOf(await authority.issue('hook.example', -1))).toMatchObject({
        code: 'tls_error',
        response: null,
      });
    });

    it('of another name is a tls_error', async () => {
      expect(await tlsErrorOf(await authority.issue('other.example'))).toMatchObject({
        code: 'tls_error',
      });
    });

    it('of an authority that nobody trusts is a tls_error', async () => {
      const stranger = await TestAuthority.create();
      expect(await tlsErrorOf(await stranger.issue('hook.example'))).toMatchObject({
        code: 'tls_error',
      });
    });

    it('signed by itself is a tls_error', async () => {
      const stranger = await TestAuthority.create();
      expect(await tlsErrorOf(stranger.certificate)).toMatchObject({ code: 'tls_error' });
    });

    it('over TLS 1.0 alone is a tls_error', async () => {
      const old = {
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1',
        ciphers: 'DEFAULT@SECLEVEL=0',
      } as const;
      const certificate = await authority.issue('hook.example');
      expect(await tlsErrorOf({ ...certificate, ...old })).toMatchObject({ code: 'tls_error' });
    });

    it('missing, as the server speaks plain HTTP, is a tls_error', async () => {
      const plain = await SocketReceiver.start(undefined, '0.0.0.0');
      plain.onConnection = (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
      const client = clientOf({ dns: new ScriptedNames({ 'hook.example': [[PUBLIC]] }) });
      const url = plain.url('/x', 'hook.example').replace('http:', 'https:');
      expect(await post(client, url)).toMatchObject({ code: 'tls_error' });
      await plain.close();
    });
  });
});
