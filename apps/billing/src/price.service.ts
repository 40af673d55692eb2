import type { PricedPayload } from '@gateway/contracts';
import { CLOCK, metrics, type Clock } from '@gateway/platform';
import { Inject, Injectable } from '@nestjs/common';
import { BILLING_SETTINGS, type BillingSettings } from './billing.config';
import { pricingsOf } from './domain/pricing';
import { HoldsStore } from './holds.store';
import { RateCardsService } from './rate-cards.service';

/** Charges Meta's fee for what was delivered, once for each message, and ends what was held for it. */
@Injectable()
export class PriceService {
  private readonly charged = metrics.counter({
    name: 'gw_billing_meta_charged_total',
    help: "Messages that were charged Meta's fee.",
  });

  constructor(
    private readonly store: HoldsStore,
    private readonly rateCards: RateCardsService,
    @Inject(BILLING_SETTINGS) private readonly settings: BillingSettings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async price(priced: readonly PricedPayload[]): Promise<void> {
    if (priced.length === 0) return;
    const pricings = pricingsOf(priced, await this.rateCards.current());
    const { charged } = await this.store.price(
      pricings,
      this.settings.feeMicroUsd,
      this.clock.nowMs(),
    );
    this.charged.inc(charged);
    this.rateCards.noteDefaults(pricings.flatMap(({ fee }) => fee ?? []));
  }
}
