import {
  CLOCK,
  ConfigError,
  LOGGER,
  RANDOM,
  isProduction,
  openDatabase,
  systemClock,
  systemRandom,
  type Logger,
} from '@gateway/platform';
import { Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AccountsService } from './accounts.service';
import { ApplicationDetailStores, ApplicationDetailsService } from './application-details.service';
import { CodeStores, CodesService } from './codes.service';
import { CodesStore } from './codes.store';
import { Invitations, MembersService, MembersServiceStores } from './members.service';
import { MembersStore } from './members.store';
import { NoticesService } from './notices.service';
import { NoticesStore } from './notices.store';
import { OriginsService } from './origins.service';
import { OriginsStore } from './origins.store';
import { AccessTokenSigner } from './access-token-signer';
import { ApplicationsService } from './applications.service';
import { ApplicationsStore } from './applications.store';
import { AttemptsService } from './attempts.service';
import { AttemptsStore } from './attempts.store';
import { AuditStore } from './audit.store';
import { AuthSeedService, ChannelComparison, IS_SEEDING_ALLOWED } from './auth-seed.service';
import type { AuthConfig } from './auth.config';
import { AUTH_DATABASE } from './auth.database';
import { ChannelsStore } from './channels.store';
import { CompletedCommandsStore } from './completed-commands.store';
import { Credentials } from './credentials';
import { CredentialsCheck } from './credentials-check.service';
import { KeyHasher } from './key-hasher';
import { KeysService, KeysServiceStores } from './keys.service';
import { KeysStore } from './keys.store';
import { MembershipsStore } from './memberships.store';
import { OrganizationsService } from './organizations.service';
import { OrganizationsStore } from './organizations.store';
import { OutboxStore } from './outbox.store';
import { OwnerSeeder } from './owner-seeder.service';
import { PasswordHasher } from './password-hasher';
import { SessionStores, SessionsService } from './sessions.service';
import { SessionsStore } from './sessions.store';
import { SignInService } from './sign-in.service';
import { TenancyChangeStores, TenancyChanges } from './tenancy-changes.service';
import { TenancyStateStore } from './tenancy-state.store';
import { TenantSeedStores, TenantSeeder } from './tenant-seeder.service';
import { TestNumberStores, TestNumbersService } from './test-numbers.service';
import { TestNumbersStore } from './test-numbers.store';
import { TokenIssuer } from './token-issuer.service';
import { UsersStore } from './users.store';

const STORES = [
  ApplicationDetailStores,
  ApplicationsStore,
  AttemptsStore,
  AuditStore,
  ChannelsStore,
  CodeStores,
  CodesStore,
  CompletedCommandsStore,
  KeysServiceStores,
  KeysStore,
  MembersServiceStores,
  MembersStore,
  MembershipsStore,
  NoticesStore,
  OrganizationsStore,
  OriginsStore,
  OutboxStore,
  TenancyChangeStores,
  TenancyStateStore,
  TenantSeedStores,
  TestNumberStores,
  TestNumbersStore,
  SessionStores,
  SessionsStore,
  UsersStore,
];
const SERVICES = [
  AccountsService,
  ApplicationDetailsService,
  ApplicationsService,
  AttemptsService,
  AuthSeedService,
  CodesService,
  KeysService,
  MembersService,
  NoticesService,
  OrganizationsService,
  OriginsService,
  PasswordHasher,
  SessionsService,
  SignInService,
  TenancyChanges,
  TestNumbersService,
  TokenIssuer,
];

/** Who exists and who may send, in the database alone: what commands, seeds and operators' tools work with. */
@Module({})
export class TenancyModule implements OnApplicationShutdown {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws ConfigError when a production installation would seed */
  static register(config: AuthConfig, logger: Logger): DynamicModule {
    if (config.seedDemo && isProduction()) {
      throw new ConfigError(['AUTH_SEED_DEMO must not be true in production']);
    }
    return {
      module: TenancyModule,
      providers: [
        ...environment(config),
        { provide: LOGGER, useValue: logger },
        ...STORES,
        ...SERVICES,
        ChannelComparison,
        CredentialsCheck,
        Invitations,
        OwnerSeeder,
        TenantSeeder,
      ],
      exports: [
        CLOCK,
        LOGGER,
        Credentials,
        DataSource,
        NoticesStore,
        OrganizationsStore,
        TenancyStateStore,
        ...SERVICES,
      ],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.dataSource.destroy();
  }
}

const environment = (config: AuthConfig) => [
  { provide: CLOCK, useValue: systemClock },
  { provide: RANDOM, useValue: systemRandom },
  { provide: IS_SEEDING_ALLOWED, useValue: config.seedDemo },
  { provide: KeyHasher, useValue: new KeyHasher(config.keyHashSecret) },
  { provide: Credentials, useValue: credentialsOf(config) },
  {
    provide: AccessTokenSigner,
    useValue: new AccessTokenSigner(config.accessTokenSigningKey, systemClock),
  },
  {
    provide: DataSource,
    useFactory: () =>
      openDatabase({
        url: config.databaseUrl,
        definition: AUTH_DATABASE,
        poolMax: config.databasePoolMax,
        service: 'auth',
      }),
  },
];

const credentialsOf = (config: AuthConfig): Credentials =>
  new Credentials({
    atRest: { current: config.credentialsKey, previous: config.credentialsKeyPrevious },
    published: config.tenancySealingKey,
  });
