type Job = () => void;

/**
 * What is to be done later, in buckets of a few milliseconds: thousands of statuses a second need one timer, not one
 * each.
 */
export class Agenda {
  private readonly buckets = new Map<number, Job[]>();
  private done = -Infinity;
  private waiting = 0;

  constructor(
    private readonly bucketMs: number,
    private readonly jobsMax: number,
  ) {}

  get size(): number {
    return this.waiting;
  }

  /** False when too much is waiting already. */
  add(dueMs: number, job: Job): boolean {
    if (this.waiting >= this.jobsMax) return false;
    const bucket = Math.max(Math.ceil(dueMs / this.bucketMs), this.done + 1);
    const jobs = this.buckets.get(bucket);
    if (jobs) jobs.push(job);
    else this.buckets.set(bucket, [job]);
    this.waiting += 1;
    return true;
  }

  /** Does what is due, in its order. */
  run(nowMs: number): void {
    const last = Math.floor(nowMs / this.bucketMs);
    const due = [...this.buckets.keys()].filter((bucket) => bucket <= last).sort((a, b) => a - b);
    this.done = Math.max(this.done, last);
    for (const bucket of due) {
      const jobs = this.buckets.get(bucket) ?? [];
      this.buckets.delete(bucket);
      this.waiting -= jobs.length;
      for (const job of jobs) job();
    }
  }

  clear(): void {
    this.buckets.clear();
    this.waiting = 0;
  }
}
