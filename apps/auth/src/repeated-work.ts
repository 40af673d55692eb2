/** Something that is looked for again and again, and never twice at once. */
export class RepeatedWork {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  /** @param work handles its own errors */
  constructor(
    private readonly intervalMs: number,
    private readonly work: () => Promise<void>,
  ) {}

  start(): void {
    this.timer = setInterval(() => {
      this.wake();
    }, this.intervalMs);
    this.timer.unref();
  }

  /** Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** Looks now instead of a moment later. */
  wake(): void {
    this.running ??= this.work().finally(() => {
      this.running = undefined;
    });
  }
}
