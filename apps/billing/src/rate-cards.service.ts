import { CLOCK, LOGGER, metrics, type Clock, type Logger } from '@gateway/platform';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { BILLING_SETTINGS, type BillingSettings } from './billing.config';
import { RateBook, type Fee } from './domain/rate-book';
import { SAMPLE_CARD } from './sample-rate-card';
import { RateCardsStore } from './rate-cards.store';

/** A card that was imported meanwhile holds within this time. */
const REFRESH_MS = 30_000;

/** What Meta charges, from the rate cards; they are few, so they are kept in memory and read again now and then. */
@Injectable()
export class RateCardsService implements OnApplicationBootstrap {
  private book: RateBook | undefined;
  private readAtMs = Number.NEGATIVE_INFINITY;
  private reading: Promise<void> | undefined;
  private readonly defaults = metrics.counter({
    name: 'gw_billing_default_rate_total',
    help: 'Messages that were charged the default as no rate card names their market and category.',
  });

  constructor(
    private readonly store: RateCardsStore,
    @Inject(BILLING_SETTINGS) private readonly settings: BillingSettings,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Without a card every message costs the default: an operator who forgot to import Meta's must hear of it. */
  async onApplicationBootstrap(): Promise<void> {
    // One for trial gets its sample card a moment later.
    if (this.settings.paymentProvider === 'test') return;
    try {
      if (!(await this.store.hasAny())) this.logger.warn({}, 'rate-cards.none');
    } catch (error) {
      this.logger.warn({ err: error }, 'rate-cards.not-read');
    }
  }

  /**
   * The cards as they were read last.
   *
   * @throws the store's error as long as they were never read
   */
  async current(): Promise<RateBook> {
    const isDue = this.clock.nowMs() - this.readAtMs >= REFRESH_MS;
    if (this.book && isDue) this.refreshInBackground();
    this.book ??= await this.read();
    return this.book;
  }

  /** Enters the sample card of an installation for trial, unless there is any card. */
  async seedSample(): Promise<void> {
    if (!(await this.store.hasAny())) await this.store.replace(SAMPLE_CARD);
  }

  /** Counts what was charged without a card. */
  noteDefaults(fees: readonly Fee[]): void {
    const count = fees.filter(({ basis }) => basis === 'default').length;
    if (count > 0) this.defaults.inc(count);
  }

  /** While it fails the cards of before are still right. */
  private refreshInBackground(): void {
    this.reading ??= this.read()
      .then((book) => {
        this.book = book;
      })
      .catch((error: unknown) => {
        this.logger.warn({ err: error }, 'rate-cards.not-read');
      })
      .finally(() => {
        this.reading = undefined;
      });
  }

  private async read(): Promise<RateBook> {
    const cards = await this.store.all();
    this.readAtMs = this.clock.nowMs();
    return new RateBook(cards, this.settings.defaultMetaFeeMicroUsd);
  }
}
