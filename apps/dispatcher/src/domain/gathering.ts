/** Of a run that rests; see `restMs`. */
const LARGE_RUN_ITEMS = 16;

/**
 * Group commit: what is added gathers while a few runs are under way and goes into the next one together, so that the
 * batch grows by itself with the load and nothing waits when there is none.
 */
export class Gathering<T> {
  private waiting: T[] = [];
  private running = 0;
  private isScheduled = false;

  /**
   * @param work handles a batch and never rejects: each item carries its own end
   * @param limits.runsMax runs at once
   * @param limits.itemsMax items of one run
   * @param limits.restMs how long after a run of 16 items or more what is added gathers for the next; 0 by default
   * @param limits.lingerMs how long a run waits for more, where nobody waits for it; 0 by default
   */
  constructor(
    private readonly work: (items: T[]) => Promise<void>,
    private readonly limits: {
      readonly runsMax: number;
      readonly itemsMax: number;
      readonly restMs?: number;
      readonly lingerMs?: number;
    },
  ) {}

  get size(): number {
    return this.waiting.length;
  }

  add(item: T): void {
    this.waiting.push(item);
    this.schedule();
  }

  private schedule(): void {
    if (this.isScheduled || this.waiting.length === 0) return;
    this.isScheduled = true;
    const start = (): void => {
      this.isScheduled = false;
      this.start();
    };
    // At the end of the current work, so that all that one batch or one tick brings goes together.
    if (this.limits.lingerMs === undefined) queueMicrotask(start);
    else setTimeout(start, this.limits.lingerMs);
  }

  private start(): void {
    while (this.running < this.limits.runsMax && this.waiting.length > 0) {
      const items =
        this.waiting.length <= this.limits.itemsMax
          ? this.waiting
          : this.waiting.slice(0, this.limits.itemsMax);
      this.waiting = items === this.waiting ? [] : this.waiting.slice(items.length);
      this.running += 1;
      void this.work(items).finally(() => {
        const { restMs } = this.limits;
        if (restMs === undefined || items.length < LARGE_RUN_ITEMS) this.end();
        else {
          setTimeout(() => {
            this.end();
          }, restMs);
        }
      });
    }
  }

  private end(): void {
    this.running -= 1;
    this.schedule();
  }
}
