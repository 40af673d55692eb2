import type { Logger } from '@gateway/platform';
import type { InboundRecord } from './types';

type OnRecords = (records: readonly InboundRecord[]) => void;

/** A reader of this process alone: what is appended within one tick is handed over together in the next. */
export class MemoryReader {
  private pending: InboundRecord[] = [];

  constructor(
    private readonly onRecords: OnRecords,
    private readonly logger: Logger,
  ) {}

  offer(record: InboundRecord): void {
    if (this.pending.push(record) > 1) return;
    setImmediate(() => {
      this.flush();
    });
  }

  /** Hands over from the start again: what waits is in there. */
  replay(records: readonly InboundRecord[]): void {
    this.pending = [];
    this.hand(records);
  }

  private flush(): void {
    const records = this.pending;
    this.pending = [];
    this.hand(records);
  }

  private hand(records: readonly InboundRecord[]): void {
    if (records.length === 0) return;
    try {
      this.onRecords(records);
    } catch (error) {
      this.logger.error({ err: error, topic: records[0]?.topic }, 'reader.failed');
    }
  }
}
