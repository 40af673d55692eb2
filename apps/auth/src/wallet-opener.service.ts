import { MESSAGING, type Messaging } from '@gateway/messaging';
import { CLOCK, LOGGER, type Clock, type Logger } from '@gateway/platform';
import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { OrganizationsStore } from './organizations.store';
import { RepeatedWork } from './repeated-work';

const INTERVAL_MS = 2_000;
const TIMEOUT_MS = 5_000;
const BATCH_MAX = 50;

/**
 * Has billing open the wallet of each new organization, with its sign-up credit. It asks until billing has answered;
 * to be asked twice changes nothing there.
 */
@Injectable()
export class WalletOpener implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly opening = new RepeatedWork(INTERVAL_MS, () => this.openAll());

  constructor(
    private readonly dataSource: DataSource,
    private readonly organizations: OrganizationsStore,
    @Inject(MESSAGING) private readonly messaging: Messaging,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.opening.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.opening.stop();
  }

  /** Looks now instead of a moment later. */
  wake(): void {
    this.opening.wake();
  }

  private async openAll(): Promise<void> {
    const { manager } = this.dataSource;
    try {
      for (const orgId of await this.organizations.withoutWallet(manager, BATCH_MAX)) {
        const options = { timeoutMs: TIMEOUT_MS, key: orgId };
        await this.messaging.commands.call('billing', 'wallet.open', { orgId }, options);
        await this.organizations.walletOpened(manager, orgId, new Date(this.clock.nowMs()));
      }
    } catch (error) {
      this.logger.warn({ err: error }, 'wallets.not_opened');
    }
  }
}
