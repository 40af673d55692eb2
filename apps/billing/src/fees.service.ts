import type { Journey } from '@gateway/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { BILLING_SETTINGS, type BillingSettings } from './billing.config';
import { isCharged } from './domain/hold-policy';
import { RateCardsService } from './rate-cards.service';

/** What a message may cost before anything of it is known. */
@Injectable()
export class FeesService {
  readonly infrastructureMicroUsd: bigint;

  constructor(
    @Inject(BILLING_SETTINGS) { feeMicroUsd }: BillingSettings,
    private readonly rateCards: RateCardsService,
  ) {
    this.infrastructureMicroUsd = feeMicroUsd;
  }

  /**
   * The worst case of both fees, zero for what is never charged.
   *
   * @throws the store's error as long as the rate cards were never read
   */
  async worstCase(): Promise<(journey: Journey, atMs: number) => bigint> {
    const rates = await this.rateCards.current();
    return (journey, atMs) =>
      isCharged(journey)
        ? this.infrastructureMicroUsd +
          rates.worstCaseOf(journey.market ?? null, journey.type === 'template', atMs)
        : 0n;
  }
}
