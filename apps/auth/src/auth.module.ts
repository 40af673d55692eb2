import {
  MESSAGING,
  MessagingModule,
  TRANSPORT,
  type Messaging,
  type Transport,
} from '@gateway/messaging';
import {
  CLOCK,
  HEALTH,
  LOGGER,
  createLogger,
  watchDatabase,
  type Clock,
  type HealthRegistry,
  type Logger,
} from '@gateway/platform';
import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AccountConsumer } from './account.consumer';
import { ApplicationsConsumer } from './applications.consumer';
import { AuthCommandsConsumer } from './auth.commands.consumer';
import type { AuthConfig } from './auth.config';
import { AUTH_DATABASE } from './auth.database';
import { CodesConsumer } from './codes.consumer';
import { CommandsOnce } from './commands-once.service';
import { KeyLookupService } from './key-lookup.service';
import { noticePorts } from './message-ports';
import { MetaAccountsClient } from './meta-accounts.client';
import { NOTICE_PORTS, NoticeSender } from './notice-sender.service';
import { OrganizationsConsumer } from './organizations.consumer';
import { OriginsConsumer } from './origins.consumer';
import { OutboxRelayService } from './outbox-relay.service';
import { OutboxSession } from './outbox-session.store';
import { SessionsConsumer } from './sessions.consumer';
import { TenancyRecords } from './tenancy-records.service';
import { TenancyModule } from './tenancy.module';
import { TestNumbersConsumer } from './test-numbers.consumer';
import { WalletOpener } from './wallet-opener.service';

/** A leader that says nothing for so long is taken to be gone; longer than it ever waits for the broker. */
const LEADER_IDLE_TIMEOUT_MS = 8_000;

/** The auth service: answers commands, and publishes every change. `TenancyModule` is exported for seeds. */
@Module({})
export class AuthModule implements OnModuleInit, OnApplicationShutdown {
  private readonly database: ReturnType<typeof watchDatabase>;

  constructor(
    @Inject(HEALTH) private readonly health: HealthRegistry,
    @Inject(MESSAGING) private readonly messaging: Messaging,
    dataSource: DataSource,
  ) {
    this.database = watchDatabase(dataSource);
  }

  static register(config: AuthConfig): DynamicModule {
    const logger = createLogger({ service: 'auth', level: config.logLevel });
    const tenancy = TenancyModule.register(config, logger);
    return {
      module: AuthModule,
      imports: [
        tenancy,
        MessagingModule.forService({
          service: 'auth',
          commandSealing: {
            current: config.commandSealingKey,
            previous: config.commandSealingKeyPrevious,
          },
          logger,
        }),
      ],
      controllers: [
        AccountConsumer,
        ApplicationsConsumer,
        AuthCommandsConsumer,
        CodesConsumer,
        OrganizationsConsumer,
        OriginsConsumer,
        SessionsConsumer,
        TestNumbersConsumer,
      ],
      providers: [
        CommandsOnce,
        KeyLookupService,
        TenancyRecords,
        NoticeSender,
        WalletOpener,
        { provide: MetaAccountsClient, useValue: new MetaAccountsClient(config) },
        { provide: NOTICE_PORTS, useFactory: () => noticePorts(config) },
        relay(config),
      ],
      exports: [tenancy],
    };
  }

  onModuleInit(): void {
    this.health.add('auth database', this.database.check);
    this.health.add('auth messaging', () => {
      const { isReady, reasons } = this.messaging.health();
      return isReady ? null : reasons.join(', ');
    });
  }

  onApplicationShutdown(): void {
    this.database.stop();
  }
}

const relay = (config: AuthConfig) => ({
  provide: OutboxRelayService,
  inject: [TenancyRecords, MESSAGING, TRANSPORT, CLOCK, LOGGER],
  useFactory: (
    records: TenancyRecords,
    messaging: Messaging,
    transport: Transport,
    clock: Clock,
    logger: Logger,
  ) =>
    new OutboxRelayService({
      records,
      messaging,
      clock,
      logger,
      openSession: () =>
        OutboxSession.open({
          url: config.databaseUrl,
          schema: AUTH_DATABASE.schema,
          idleTimeoutMs: LEADER_IDLE_TIMEOUT_MS,
        }),
      // The in-process broker forgets everything with its process.
      republish: config.republish || transport.kind === 'memory',
    }),
});
