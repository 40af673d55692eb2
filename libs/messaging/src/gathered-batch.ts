import type { Batch, InboundRecord } from './types';
import type { Watermark } from './watermark';

/** One partition as long as this process holds it; a partition that comes back after a rebalance is a new one. */
export interface HeldPartition {
  readonly partition: number;
  readonly watermark: Watermark;
  /** Lost in a rebalance: what still runs finishes, but moves no mark. */
  isRevoked: boolean;
}

/** What a batch asks of the runner that made it. */
interface BatchOwner {
  settled(held: HeldPartition, record: InboundRecord): void;
  failed(held: HeldPartition, record: InboundRecord, error: unknown): void;
  rejected(held: HeldPartition, record: InboundRecord, why: unknown): void;
  awaited(held: HeldPartition): void;
}

/** The batch of one call. Costs nothing for a record that is neither deferred nor rejected. */
export class GatheredBatch implements Batch {
  private heldBack: Set<InboundRecord> | undefined;
  private isEnded = false;

  constructor(
    readonly records: readonly InboundRecord[],
    private readonly partitions: ReadonlyMap<number, HeldPartition>,
    private readonly owner: BatchOwner,
  ) {}

  defer(record: InboundRecord, work: Promise<void>): void {
    const held = this.holdBack(record);
    work.then(
      () => {
        this.owner.settled(held, record);
      },
      (error: unknown) => {
        this.owner.failed(held, record, error);
      },
    );
  }

  reject(record: InboundRecord, reason: string): void {
    this.owner.rejected(this.holdBack(record), record, reason);
  }

  committed(record: InboundRecord): Promise<void> {
    const held = this.partitionOf(record);
    const committed = held.watermark.committed(record.offset);
    this.owner.awaited(held);
    return committed;
  }

  /** Closes the batch after its call; returns the records that were neither deferred nor rejected. */
  end(): readonly InboundRecord[] {
    this.isEnded = true;
    const { heldBack } = this;
    return heldBack ? this.records.filter((record) => !heldBack.has(record)) : this.records;
  }

  partitionOf(record: InboundRecord): HeldPartition {
    const held = this.partitions.get(record.partition);
    if (!held) throw new Error(`partition ${record.partition} is not in this batch`);
    return held;
  }

  private holdBack(record: InboundRecord): HeldPartition {
    if (this.isEnded)
      throw new Error('a record is deferred or rejected before the handler returns');
    const held = this.partitionOf(record);
    this.heldBack ??= new Set();
    if (this.heldBack.has(record)) {
      throw new Error('a record of a batch is deferred or rejected once');
    }
    this.heldBack.add(record);
    return held;
  }
}
