import { Client } from 'pg';
import { Canaries } from './canaries';
import { requestsWith } from './described-routes';
import { GatewayProcess } from './gateway-process';
import { diskOf, logsOf, metricsOf, tablesOf, topicsOf, type Place } from './places';
import { EchoingReceiver, Visitor, plantSecrets } from './planted-secrets';

/** The simulator prints codes for who has no phone, with the number that they are for. */
const PRINTED_CODE = /OTP for \+\d+: \d{6}/g;

describe('a secret that entered or left the gateway', () => {
  const canaries = new Canaries();
  let gateway: GatewayProcess;
  let database: Client;
  let visitor: Visitor;
  let receiver: EchoingReceiver;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({
      profile: 'cluster',
      environment: { LOG_LEVEL: 'debug' },
    });
    database = new Client(gateway.databaseUrl);
    await database.connect();
    receiver = await EchoingReceiver.start();
    visitor = new Visitor(gateway.url);
    await plantSecrets({
      visitor,
      canaries,
      simulatorUrl: gateway.simulatorUrl,
      receiverUrl: receiver.url,
    });
  }, 240_000);

  afterAll(async () => {
    await receiver.close();
    await database.end();
    await gateway.stop();
  }, 60_000);

  /** What people read: the places where not even a phone number may stand. */
  const shown = async (): Promise<Place[]> => [
    ...logsOf(gateway).map(({ name, text }) => ({ name, text: text.replaceAll(PRINTED_CODE, '') })),
    ...(await metricsOf(gateway)),
    ...visitor.errors,
  ];
  const kept = async (): Promise<Place[]> => [
    ...topicsOf(gateway),
    ...(await tablesOf(database)),
    ...diskOf(gateway),
  ];

  it('was there: the customer got his, and there were errors enough', () => {
    expect(receiver.requests.length).toBeGreaterThan(1);
    expect(canaries.secretsIn(receiver.requests.map(asPlace)).sort()).toEqual(
      expect.arrayContaining([
        'authorization of a webhook in request',
        'header of a webhook in request',
      ]),
    );
    expect(visitor.errors.length).toBeGreaterThan(10);
    expect(canaries.names.length).toBeGreaterThan(40);
  });

  it('is in no log, metric or error, and neither is a phone number', async () => {
    const places = await shown();
    expect(places.length).toBeGreaterThan(20);
    expect(canaries.secretsIn(places)).toEqual([]);
    expect(canaries.phoneNumbersIn(places)).toEqual([]);
  }, 60_000);

  it('is in no log, metric or error either when it comes where something else belongs', async () => {
    const misplaced = new Canaries();
    const text = misplaced.secret('misplaced text');
    const { appId, productionKey } = gateway.demo;
    const requests = await requestsWith(gateway.url, text, { appId });
    expect(requests.length).toBeGreaterThan(50);
    const stranger = new Visitor(gateway.url);
    for (const { method, route, path, body } of requests) {
      await stranger.call(method, path, body, text);
      // It would be the end of who asks the rest.
      if (route === '/api/v1/auth/logout') continue;
      const token = route.startsWith('/v1/') ? productionKey : visitor.accessToken;
      await visitor.call(method, path, body, token);
    }
    expect(stranger.errors.length).toBeGreaterThan(50);
    expect(misplaced.secretsIn([...(await shown()), ...stranger.errors])).toEqual([]);
  }, 120_000);

  it('is in no topic, no table and no file', async () => {
    const places = await kept();
    const names = places.map(({ name }) => name);
    expect(
      names.filter((name) => name.startsWith('topic auth.commands.v1')).length,
    ).toBeGreaterThan(0);
    expect(names).toEqual(
      expect.arrayContaining([
        'table auth.users',
        'table webhooks.endpoints',
        'table auth.notices',
      ]),
    );
    expect(canaries.secretsIn(places)).toEqual([]);
  }, 120_000);

  it('would be found in each of these places', async () => {
    const planted = new Canaries();
    const inTable = planted.secret('text of a table');
    const inBytes = planted.secret('bytes of a table');
    await database.query('create table auth.leak (words text, bytes bytea)');
    await database.query('insert into auth.leak values ($1, $2)', [inTable, Buffer.from(inBytes)]);
    const tables = await tablesOf(database);
    expect(planted.secretsIn(tables).sort()).toEqual([
      'bytes of a table in table auth.leak',
      'text of a table in table auth.leak',
    ]);
    // A body is Kafka's value as it came; this one is a customer's own text, and in no other place than there.
    const inTopic = planted.secret('body of a send');
    const to = planted.phoneNumber('recipient');
    const text = { messaging_product: 'whatsapp', to, type: 'text', text: { body: inTopic } };
    const { productionKey } = gateway.demo;
    await visitor.done('POST', '/v1/wa/message?is_fake=true', text, productionKey);
    const inTopics = planted.secretsIn(topicsOf(gateway)).join('\n');
    expect(inTopics).toContain('body of a send in topic message.submitted.v1');
    const base64 = Buffer.from(`x${inTopic}`).toString('base64');
    const log: Place = { name: 'log', text: `{"token":"${base64}","to":"${to}"}` };
    expect(planted.secretsIn([log])).toEqual(['body of a send in log']);
    expect(planted.phoneNumbersIn([log])).toEqual(['recipient in log']);
  }, 60_000);
});

const asPlace = ({ headers }: EchoingReceiver['requests'][number]): Place => ({
  name: 'request',
  text: JSON.stringify(headers),
});
