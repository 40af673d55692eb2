interface Waiter {
  readonly offset: bigint;
  readonly resolve: () => void;
}

/** Records behind the mark are forgotten in pieces of this size, so that a long run of small batches copies nothing. */
const FORGET_AT = 1024;

/**
 * The contiguous finished offsets of one partition. Offsets rise, with gaps where compaction or transaction markers
 * took some: what counts is the order in which records were taken, so the mark passes a gap by itself.
 */
export class Watermark {
  private offsets: bigint[] = [];
  private stamps: number[] = [];
  private isDone: boolean[] = [];
  /** Index of the oldest unfinished record; equal to the length when all are finished. */
  private head = 0;
  private waiters: Waiter[] = [];
  private committedPosition = -1n;
  private mark: bigint | null = null;

  /** The offset to commit: one past the last of the contiguously finished records; null until one is finished. */
  get position(): bigint | null {
    return this.mark;
  }

  /** Records that are taken and at or above the mark: unfinished, or finished behind an unfinished one. */
  get waiting(): number {
    return this.offsets.length - this.head;
  }

  /** The broker's stamp of the oldest unfinished record, Unix milliseconds; undefined when nothing is unfinished. */
  get oldestTimestampMs(): number | undefined {
    return this.stamps[this.head];
  }

  /** Whether somebody waits for a commit. */
  get isAwaited(): boolean {
    return this.waiters.length > 0;
  }

  /** Takes a record; false when this offset or a later one was taken before: a fetch handed it over twice. */
  take(offset: bigint, timestampMs: number): boolean {
    const last = this.offsets.at(-1);
    if ((last !== undefined && offset <= last) || (this.mark !== null && offset < this.mark)) {
      return false;
    }
    this.offsets.push(offset);
    this.stamps.push(timestampMs);
    this.isDone.push(false);
    return true;
  }

  /** Marks a taken record as finished; true when the mark moved. Finishing twice, or one not taken, changes nothing. */
  finish(offset: bigint): boolean {
    const index = this.indexOf(offset);
    if (index < 0) return false;
    this.isDone[index] = true;
    if (index !== this.head) return false;
    while (this.isDone[this.head] === true) this.head += 1;
    const last = this.offsets[this.head - 1];
    if (last !== undefined) this.mark = last + 1n;
    if (this.head >= FORGET_AT && this.head * 2 >= this.offsets.length) this.forget();
    return true;
  }

  /** Tells that the broker has the position: who waits for a record below it goes on. */
  confirm(position: bigint): void {
    if (position <= this.committedPosition) return;
    this.committedPosition = position;
    let count = 0;
    for (const waiter of this.waiters) {
      if (waiter.offset >= position) break;
      count += 1;
    }
    for (const waiter of this.waiters.splice(0, count)) waiter.resolve();
  }

  /** Resolves when the offset is committed at the broker; never when the partition is lost before. */
  committed(offset: bigint): Promise<void> {
    if (offset < this.committedPosition) return Promise.resolve();
    return new Promise((resolve) => {
      let index = this.waiters.length;
      while (index > 0 && (this.waiters[index - 1]?.offset ?? -1n) > offset) index -= 1;
      this.waiters.splice(index, 0, { offset, resolve });
    });
  }

  private indexOf(offset: bigint): number {
    const first = this.offsets[this.head];
    if (first === undefined || offset < first) return -1;
    // Without gaps the distance is the index; only a gap costs a search.
    const guess = this.head + Number(offset - first);
    if (this.offsets[guess] === offset) return guess;
    let low = this.head;
    let high = Math.min(guess, this.offsets.length) - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = this.offsets[middle] ?? 0n;
      if (found === offset) return middle;
      if (found < offset) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  private forget(): void {
    this.offsets = this.offsets.slice(this.head);
    this.stamps = this.stamps.slice(this.head);
    this.isDone = this.isDone.slice(this.head);
    this.head = 0;
  }
}
