import { parseMetaEvent } from '@gateway/contracts';
import { BatchHandler, type Batch } from '@gateway/messaging';
import { Controller } from '@nestjs/common';
import { AcceptService } from './accept.service';
import type { ArrivedEvent } from './event-identity';

/** Meta's events in; see `AcceptService`. */
@Controller()
export class EventsConsumer {
  constructor(private readonly accepts: AcceptService) {}

  /** One call at a time: events of one message are accepted in their order. */
  @BatchHandler('meta.event.v1', {
    group: 'webhooks-events',
    concurrency: 1,
    recordsMax: 500,
    inFlightMax: 2_000,
  })
  async accept(batch: Batch): Promise<void> {
    const arrived: ArrivedEvent[] = [];
    for (const record of batch.records) {
      const event = parseMetaEvent(record.value);
      if (event && record.value) {
        arrived.push({ event, payload: record.value, stampMs: record.timestampMs });
      } else batch.reject(record, "no event of Meta's");
    }
    await this.accepts.accept(arrived);
  }
}
