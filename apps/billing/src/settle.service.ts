import type { SettledPayload } from '@gateway/contracts';
import { CLOCK, metrics, type Clock } from '@gateway/platform';
import { Inject, Injectable } from '@nestjs/common';
import { BILLING_SETTINGS, type BillingSettings } from './billing.config';
import { settlementsOf } from './domain/settlement';
import { HoldsStore } from './holds.store';

/** Turns outcomes into charges and released holds, each once, however often and in whatever order they come. */
@Injectable()
export class SettleService {
  private readonly charged = metrics.counter({
    name: 'gw_billing_charged_total',
    help: 'Messages that were charged the infrastructure fee.',
  });

  constructor(
    private readonly store: HoldsStore,
    @Inject(BILLING_SETTINGS) private readonly settings: BillingSettings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async settle(outcomes: readonly SettledPayload[]): Promise<void> {
    const { charged } = await this.store.settle(
      settlementsOf(outcomes),
      this.settings.feeMicroUsd,
      this.clock.nowMs(),
    );
    this.charged.inc(charged);
  }
}
