import { parsePriced, type PricedPayload } from '@gateway/contracts';
import { BatchHandler, type Batch } from '@gateway/messaging';
import { Controller } from '@nestjs/common';
import { PriceService } from './price.service';

/** What Meta says of prices in; see `PriceService`. */
@Controller()
export class PriceConsumer {
  constructor(private readonly prices: PriceService) {}

  /** One call at a time, as with outcomes: two would only wait for each other's wallets. */
  @BatchHandler('message.priced.v1', {
    group: 'billing-price',
    concurrency: 1,
    recordsMax: 500,
    inFlightMax: 4_000,
  })
  async price(batch: Batch): Promise<void> {
    const priced: PricedPayload[] = [];
    for (const record of batch.records) {
      const payload = parsePriced(record.value);
      if (payload) priced.push(payload);
      else batch.reject(record, 'not a price');
    }
    await this.prices.price(priced);
  }
}
