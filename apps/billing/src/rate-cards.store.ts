import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Rate, RateCard, RateCategory } from './domain/rate-book';

interface RateColumns {
  effective_on: string;
  market: string;
  category: RateCategory;
  amount: string;
}

/** A card as it is imported. */
export interface ImportedCard {
  /** YYYY-MM-DD. */
  readonly effectiveOn: string;
  /** Where it came from. */
  readonly source: string;
  readonly isSample: boolean;
  readonly rates: readonly Rate[];
}

/** Meta's rate cards. */
@Injectable()
export class RateCardsStore {
  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  async all(): Promise<RateCard[]> {
    const rows = await this.dataSource.query<RateColumns[]>(
      `select to_char(effective_on, 'YYYY-MM-DD') as effective_on, market, category,
         amount_micro_usd as amount
       from billing.rates`,
    );
    const cards = new Map<string, Rate[]>();
    for (const { effective_on: day, market, category, amount } of rows) {
      const rates = cards.get(day) ?? [];
      rates.push({ market, category, amountMicroUsd: BigInt(amount) });
      cards.set(day, rates);
    }
    return [...cards].map(([day, rates]) => ({ effectiveAtMs: Date.parse(day), rates }));
  }

  async hasAny(): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>('select from billing.rate_cards limit 1');
    return rows.length > 0;
  }

  /** Puts a card in the place of the one of the same day, if there is one. */
  async replace({ effectiveOn, source, isSample, rates }: ImportedCard): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.query('delete from billing.rate_cards where effective_on = $1', [effectiveOn]);
      await manager.query(
        'insert into billing.rate_cards (effective_on, source, is_sample) values ($1, $2, $3)',
        [effectiveOn, source, isSample],
      );
      await manager.query(
        `insert into billing.rates (effective_on, market, category, amount_micro_usd)
         select $1, * from unnest($2::text[], $3::text[], $4::bigint[])`,
        [
          effectiveOn,
          rates.map(({ market }) => market),
          rates.map(({ category }) => category),
          rates.map(({ amountMicroUsd }) => amountMicroUsd.toString()),
        ],
      );
    });
  }
}
