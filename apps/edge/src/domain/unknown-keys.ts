/** Keys that auth did not know a moment ago, bounded: a flood of them pushes out its own oldest. */
export class UnknownKeys {
  /** Unix milliseconds at which each is asked for again, oldest first. */
  private readonly until = new Map<string, number>();

  constructor(private readonly bounds: { readonly entriesMax: number; readonly ttlMs: number }) {}

  get size(): number {
    return this.until.size;
  }

  has(keyHash: string, nowMs: number): boolean {
    const until = this.until.get(keyHash);
    if (until === undefined) return false;
    if (until > nowMs) return true;
    this.until.delete(keyHash);
    return false;
  }

  add(keyHash: string, nowMs: number): void {
    this.until.delete(keyHash);
    this.until.set(keyHash, nowMs + this.bounds.ttlMs);
    if (this.until.size <= this.bounds.entriesMax) return;
    const oldest = this.until.keys().next();
    if (!oldest.done) this.until.delete(oldest.value);
  }

  delete(keyHash: string): void {
    this.until.delete(keyHash);
  }
}
