interface Span {
  nextOffset: bigint;
  /** Broker's time from which every record of the partition came to this process first. */
  sinceMs: number;
}

/**
 * Tells records that surely nobody handled before from those that another instance may have sent. A record that was
 * written while this process already read its partition without a hole was nobody else's.
 */
export class PartitionHistory {
  private readonly spans = new Map<number, Span>();

  /** Notes a record in the order of arrival; a jump or a step back starts the history of its partition anew. */
  see(partition: number, offset: bigint, nowMs: number): void {
    const span = this.spans.get(partition);
    if (!span) this.spans.set(partition, { nextOffset: offset + 1n, sinceMs: nowMs });
    else {
      if (offset !== span.nextOffset) span.sinceMs = nowMs;
      span.nextOffset = offset + 1n;
    }
  }

  /** Whether a record with this stamp of the broker can have been handled by nobody but this process. */
  isFirstHere(partition: number, timestampMs: number): boolean {
    const span = this.spans.get(partition);
    return span !== undefined && timestampMs >= span.sinceMs;
  }
}
