import { BatchHandler, type Batch } from '@gateway/messaging';
import { Controller } from '@nestjs/common';
import { StatusesService } from './statuses.service';

/** Meta's events in; see `StatusesService`. */
@Controller()
export class StatusConsumer {
  constructor(private readonly statuses: StatusesService) {}

  /** One call at a time: two would wait for each other's rows, and one gathers larger batches. */
  @BatchHandler('meta.event.v1', {
    group: 'dispatcher-status',
    concurrency: 1,
    recordsMax: 500,
    inFlightMax: 4_000,
  })
  take(batch: Batch): Promise<void> {
    return this.statuses.take(batch);
  }
}
