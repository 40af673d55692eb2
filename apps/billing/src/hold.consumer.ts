import { BatchHandler, type Batch, type InboundRecord } from '@gateway/messaging';
import { Controller } from '@nestjs/common';
import { HoldService } from './hold.service';

/** Admitted messages in; see `HoldService`. */
@Controller()
export class HoldConsumer {
  constructor(private readonly holds: HoldService) {}

  /** One call at a time: two would wait for each other's wallets, and one gathers larger batches. */
  @BatchHandler('message.admitted.v1', {
    group: 'billing-hold',
    concurrency: 1,
    recordsMax: 500,
    restMs: 5,
    inFlightMax: 4_000,
    onDeadLetter: 'endJourney',
  })
  hold(batch: Batch): Promise<void> {
    return this.holds.hold(batch);
  }

  endJourney(record: InboundRecord): Promise<void> {
    this.holds.endJourney(record);
    return Promise.resolve();
  }
}
