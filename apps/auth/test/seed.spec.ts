import { randomBytes } from 'node:crypto';
import { AppError } from '@gateway/errors';
import { createLogger, processEnvironment } from '@gateway/platform';
import type { TestDatabase } from '@gateway/testing';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ApplicationsService } from '../src/applications.service';
import { AuthSeedService } from '../src/auth-seed.service';
import { PhoneNumberTakenError } from '../src/channels.store';
import type { SeededTenant } from '../src/demo-identity';
import { OrganizationsService } from '../src/organizations.service';
import { TenancyChanges } from '../src/tenancy-changes.service';
import { TenancyModule } from '../src/tenancy.module';
import { TenancyStateStore } from '../src/tenancy-state.store';
import { TestNumbersService } from '../src/test-numbers.service';
import { authDatabase, configOf } from './auth-fixture';

const INSTALLATION_KEY = Buffer.alloc(32, 7);
const ACTOR = { kind: 'operator', id: 'test' } as const;
const CHANNEL = { phoneNumberId: '100000', wabaId: '200000', accessToken: 'demo-token' };
const TEST_NUMBER = '+15550100000';

let database: TestDatabase;
let context: INestApplicationContext;

beforeAll(async () => {
  database = await authDatabase();
  context = await open({});
});

afterAll(async () => {
  await context.close();
  await database.close();
});

const open = (more: Record<string, string>): Promise<INestApplicationContext> =>
  NestFactory.createApplicationContext(
    TenancyModule.register(
      configOf(database.url, more),
      createLogger({ service: 'test', level: 'silent' }),
    ),
    { logger: false, abortOnError: false },
  );

const seedDemo = (more: object = {}): Promise<SeededTenant> =>
  context.get(AuthSeedService).seedDemo({
    installationKey: INSTALLATION_KEY,
    channel: CHANNEL,
    testNumber: TEST_NUMBER,
    ...more,
  });

const actions = async (orgId: string): Promise<string[]> => {
  const rows = await database.dataSource.query<{ action: string }[]>(
    'select action from audit_entries where organization_id = $1 order by action',
    [orgId],
  );
  return rows.map(({ action }) => action);
};

const applicationOf = async (appId: string) =>
  (await context.get(TenancyStateStore).applications([appId])).get(appId);

const outboxIds = async (): Promise<string[]> => {
  const rows = await database.dataSource.query<{ entity_id: string }[]>(
    'select entity_id from tenancy_outbox order by id',
  );
  return rows.map(({ entity_id }) => entity_id);
};

describe('seedDemo', () => {
  it('makes an active application with channel, keys, test number and their audit entries', async () => {
    const demo = await seedDemo();
    expect(demo.handle).toMatch(/^demo_[0-9A-Za-z]{11}$/);
    expect(demo.phoneNumberId).toBe('100000');
    expect(await applicationOf(demo.appId)).toMatchObject({
      handle: demo.handle,
      orgId: demo.organizationId,
      status: 'ACTIVATED',
      phoneNumberId: '100000',
      testNumberHashes: [expect.stringMatching(/^[0-9a-f]{64}$/)],
    });
    expect(await actions(demo.organizationId)).toEqual([
      'api_key.created',
      'api_key.created',
      'application.created',
      'channel.connected',
      'organization.created',
      'test_number.added',
      'user.created',
    ]);
    expect(await outboxIds()).toHaveLength(3);
  });

  it('gives the same at each start and changes nothing', async () => {
    const first = await seedDemo();
    const outbox = await outboxIds();
    expect(await seedDemo()).toEqual(first);
    expect(await outboxIds()).toEqual(outbox);
  });

  it('gives other names and keys to another installation', async () => {
    const demo = await seedDemo();
    const other = await seedDemo({
      installationKey: randomBytes(32),
      channel: { ...CHANNEL, phoneNumberId: '100099' },
    });
    const values = ({ keys, ...rest }: SeededTenant) => [
      ...Object.values(keys),
      ...Object.values(rest),
    ];
    expect(values(other).filter((value) => values(demo).includes(value))).toEqual([]);
  });

  it('gives the channel the token and number that are configured now, and publishes it', async () => {
    const before = await outboxIds();
    const { appId } = await seedDemo({ channel: { ...CHANNEL, accessToken: 'real-token' } });
    expect((await outboxIds()).slice(before.length)).toEqual([appId]);
    await seedDemo({ channel: { ...CHANNEL, phoneNumberId: '100001' } });
    expect(await applicationOf(appId)).toMatchObject({ phoneNumberId: '100001' });
    await seedDemo();
  });

  it('is refused where it is not allowed, and in production', async () => {
    const closed = await open({ AUTH_SEED_DEMO: 'false' });
    const options = {
      installationKey: INSTALLATION_KEY,
      channel: CHANNEL,
      testNumber: TEST_NUMBER,
    };
    await expect(closed.get(AuthSeedService).seedDemo(options)).rejects.toThrow('AUTH_SEED_DEMO');
    await closed.close();
    const nodeEnv = jest.replaceProperty(process, 'env', {
      ...processEnvironment(),
      NODE_ENV: 'production',
    });
    expect(() => open({})).toThrow('AUTH_SEED_DEMO');
    nodeEnv.restore();
  });
});

describe('seedTenants', () => {
  it('makes a thousand tenants in a few transactions, each with its own keys', async () => {
    const before = await outboxIds();
    const options = {
      installationKey: INSTALLATION_KEY,
      count: 1_000,
      accessToken: 'token',
      testNumber: TEST_NUMBER,
      firstPhoneNumberId: 300_000,
      wabaId: '200000',
      limits: { perSecond: 1_000, perMinute: 60_000 },
    };
    const tenants = await context.get(AuthSeedService).seedTenants(options);
    expect(new Set(tenants.flatMap(({ keys }) => Object.values(keys))).size).toBe(2_000);
    expect((await outboxIds()).length - before.length).toBe(3_000);
    expect(await context.get(AuthSeedService).seedTenants(options)).toEqual(tenants);
    expect((await outboxIds()).length - before.length).toBe(3_000);
  });
});

describe('CREDENTIALS_KEY', () => {
  it('that opens no stored token stops the start, naming the variable', async () => {
    await expect(open({ CREDENTIALS_KEY: '99'.repeat(32) })).rejects.toThrow('CREDENTIALS_KEY');
  });

  it('that was changed opens what the one before sealed', async () => {
    const rotated = await open({
      CREDENTIALS_KEY: '99'.repeat(32),
      CREDENTIALS_KEY_PREVIOUS: '22'.repeat(32),
    });
    await rotated.close();
  });
});

const newOrganization = (name: string): Promise<string> =>
  context
    .get(TenancyChanges)
    .commit(ACTOR, (change) => context.get(OrganizationsService).createEmpty(change, name));

describe('applications', () => {
  const newApplication = async () => {
    const orgId = await newOrganization('Acme');
    const { appId, handle } = await context.get(ApplicationsService).create(orgId, 'Shop', ACTOR);
    return { orgId, appId, handle };
  };

  it('start as a DRAFT and become active with a channel', async () => {
    const { orgId, appId, handle } = await newApplication();
    expect(await applicationOf(appId)).toMatchObject({ handle, status: 'DRAFT', channelId: null });
    const channel = { ...CHANNEL, phoneNumberId: '555555' };
    await context.get(ApplicationsService).connectChannel({ orgId, appId }, channel, ACTOR);
    expect(await applicationOf(appId)).toMatchObject({
      status: 'ACTIVATED',
      phoneNumberId: '555555',
    });
    await context.get(ApplicationsService).changeStatus({ orgId, appId }, 'RESTRICTED', ACTOR);
    expect(await applicationOf(appId)).toMatchObject({ status: 'RESTRICTED' });
    expect(await actions(orgId)).toEqual([
      'application.created',
      'application.status_changed',
      'channel.connected',
      'organization.created',
    ]);
  });

  it('cannot take a number that another application has', async () => {
    const [one, two] = [await newApplication(), await newApplication()];
    const channel = { ...CHANNEL, phoneNumberId: '666666' };
    await context.get(ApplicationsService).connectChannel(one, channel, ACTOR);
    await expect(
      context.get(ApplicationsService).connectChannel(two, channel, ACTOR),
    ).rejects.toBeInstanceOf(PhoneNumberTakenError);
    expect(await applicationOf(two.appId)).toMatchObject({ status: 'DRAFT', channelId: null });
    expect(await actions(two.orgId)).not.toContain('channel.connected');
  });

  it('of another tenant do not exist', async () => {
    const [one, two] = [await newApplication(), await newApplication()];
    const strange = { orgId: one.orgId, appId: two.appId };
    const attempts = [
      context.get(ApplicationsService).connectChannel(strange, CHANNEL, ACTOR),
      context.get(ApplicationsService).changeStatus(strange, 'DISCONNECTED', ACTOR),
      context.get(TestNumbersService).add(strange, TEST_NUMBER, null, ACTOR),
      context.get(TestNumbersService).remove(strange, one.appId, ACTOR),
    ];
    const outcomes = await Promise.allSettled(attempts);
    expect(outcomes).toEqual(
      attempts.map(() => ({ status: 'rejected', reason: new AppError('GW_404') })),
    );
  });

  it('have at most five test numbers, however many are added at once', async () => {
    const application = await newApplication();
    const service = context.get(TestNumbersService);
    const added = await Promise.allSettled(
      Array.from({ length: 9 }, (_, index) =>
        service.add(application, `+90532123450${index}`, null, ACTOR),
      ),
    );
    const ids = added.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(ids).toHaveLength(5);
    for (const result of added) {
      if (result.status === 'rejected') expect((result.reason as AppError).code).toBe('GW_003');
    }
    expect((await applicationOf(application.appId))?.testNumberHashes).toHaveLength(5);
    await service.remove(application, ids[0] ?? '', ACTOR);
    await service.add(application, '905999999999', 'again', ACTOR);
    expect((await applicationOf(application.appId))?.testNumberHashes).toHaveLength(5);
    await expect(service.remove(application, ids[0] ?? '', ACTOR)).rejects.toMatchObject({
      code: 'GW_404',
    });
  });

  it('refuse a number twice and what is no number', async () => {
    const application = await newApplication();
    const service = context.get(TestNumbersService);
    await service.add(application, '+905321234567', null, ACTOR);
    for (const number of ['905321234567', '0532', '+0905321234567', '']) {
      await expect(service.add(application, number, null, ACTOR)).rejects.toMatchObject({
        code: 'GW_003',
      });
    }
  });
});
