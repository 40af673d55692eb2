const BUCKET_MS = 10_000;
const BUCKETS = 6;
const ATTEMPTS_MIN = 10;
const FAILED_SHARE_MIN = 0.7;

interface Bucket {
  readonly index: number;
  attempts: number;
  failed: number;
}

/** Attempts of one endpoint in the last minute: whether so many failed that it should be left alone for a while. */
export class FailureWindow {
  private buckets: Bucket[] = [];

  /** @returns whether the breaker should open */
  record(isFailed: boolean, nowMs: number): boolean {
    const index = Math.floor(nowMs / BUCKET_MS);
    this.buckets = this.buckets.filter((bucket) => bucket.index > index - BUCKETS);
    let bucket = this.buckets.find((each) => each.index === index);
    if (!bucket) {
      bucket = { index, attempts: 0, failed: 0 };
      this.buckets.push(bucket);
    }
    bucket.attempts += 1;
    if (isFailed) bucket.failed += 1;
    return isFailed && this.isBad();
  }

  reset(): void {
    this.buckets = [];
  }

  private isBad(): boolean {
    const attempts = this.buckets.reduce((sum, bucket) => sum + bucket.attempts, 0);
    const failed = this.buckets.reduce((sum, bucket) => sum + bucket.failed, 0);
    return attempts >= ATTEMPTS_MIN && failed >= attempts * FAILED_SHARE_MIN;
  }
}
