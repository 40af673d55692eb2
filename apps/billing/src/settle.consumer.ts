import { parseSettled, type SettledPayload } from '@gateway/contracts';
import { BatchHandler, type Batch } from '@gateway/messaging';
import { Controller } from '@nestjs/common';
import { SettleService } from './settle.service';

/** Outcomes in; see `SettleService`. */
@Controller()
export class SettleConsumer {
  constructor(private readonly settlements: SettleService) {}

  /** One call at a time: two would only wait for each other's wallets, and one gathers larger batches. */
  @BatchHandler('message.settled.v1', {
    group: 'billing-settle',
    concurrency: 1,
    recordsMax: 500,
    inFlightMax: 4_000,
  })
  async settle(batch: Batch): Promise<void> {
    const outcomes: SettledPayload[] = [];
    for (const record of batch.records) {
      const outcome = parseSettled(record.value);
      if (outcome) outcomes.push(outcome);
      else batch.reject(record, 'not an outcome');
    }
    await this.settlements.settle(outcomes);
  }
}
