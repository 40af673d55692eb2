import { Controller } from '@nestjs/common';
import { BatchHandler, type Batch, type InboundRecord } from '@gateway/messaging';
import { SendService } from './send.service';

/** Funded messages in; see `SendService`. */
@Controller()
export class SendConsumer {
  constructor(private readonly sends: SendService) {}

  /**
   * The bound exceeds what slow numbers can hold together, each by its cap and its short queue, so that none of them
   * keeps the records of another waiting.
   */
  @BatchHandler('message.funded.v1', {
    group: 'dispatcher-send',
    concurrency: 2,
    recordsMax: 1_000,
    inFlightMax: 16_384,
    onDeadLetter: 'endJourney',
  })
  send(batch: Batch): Promise<void> {
    this.sends.take(batch);
    return Promise.resolve();
  }

  endJourney(record: InboundRecord): Promise<void> {
    return this.sends.endJourney(record);
  }
}
