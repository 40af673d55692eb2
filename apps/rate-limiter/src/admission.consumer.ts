import { BatchHandler, type Batch, type InboundRecord } from '@gateway/messaging';
import { Controller } from '@nestjs/common';
import { AdmissionService } from './admission.service';

/** Submitted messages in; see `AdmissionService`. */
@Controller()
export class AdmissionConsumer {
  constructor(private readonly admission: AdmissionService) {}

  /** Several calls: while the records of one are on their way to the broker, the next ones are decided. */
  @BatchHandler('message.submitted.v1', {
    group: 'rate-limiter',
    concurrency: 4,
    recordsMax: 1_000,
    inFlightMax: 8_000,
    onDeadLetter: 'endJourney',
  })
  admit(batch: Batch): Promise<void> {
    return this.admission.admit(batch);
  }

  endJourney(record: InboundRecord): Promise<void> {
    this.admission.endJourney(record);
    return Promise.resolve();
  }
}
