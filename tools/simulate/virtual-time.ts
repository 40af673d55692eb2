import type { Seeded } from '../faults/seeded';

interface Timer {
  readonly atMs: number;
  /** Decides among those of the same moment. */
  readonly order: number;
  readonly run: () => void;
  readonly everyMs: number | null;
  isCleared: boolean;
}

const realImmediate = setImmediate;
/** Lets every promise that can go on go on. */
const turn = (): Promise<void> => new Promise((resolve) => realImmediate(resolve));

/** A moment in 2027; ids and deadlines need one. */
const START_MS = 1_800_000_000_000;

/**
 * The only clock and the only scheduler of a simulation: timers of the product's own code (`setTimeout`, `setInterval`,
 * `setImmediate`, `Date.now`, `performance.now`) run by it. Which of two timers of one moment comes first is drawn.
 */
export class VirtualTime {
  private timers: Timer[] = [];
  private currentMs = START_MS;

  constructor(private readonly random: Seeded) {}

  nowMs(): number {
    return this.currentMs;
  }

  after(delayMs: number, run: () => void): Timer {
    return this.add(delayMs, run, null);
  }

  clear(timer: unknown): void {
    if (isTimer(timer)) timer.isCleared = true;
  }

  /** Replaces the globals until the returned function is called. */
  install(): () => void {
    const names = ['setTimeout', 'setInterval', 'setImmediate'] as const;
    const now = Date.now.bind(Date);
    const performanceNow = performance.now.bind(performance);
    const kept = names.map((name) => [name, globalThis[name]] as const);
    const { clearTimeout: keptTimeout, clearInterval: keptInterval } = globalThis;
    const clear = (timer: unknown): void => {
      this.clear(timer);
    };
    Object.assign(globalThis, {
      setTimeout: (run: () => void, delayMs = 0) => handle(this.add(delayMs, run, null)),
      setInterval: (run: () => void, everyMs: number) => handle(this.add(everyMs, run, everyMs)),
      setImmediate: (run: () => void) => handle(this.add(0, run, null)),
      clearTimeout: clear,
      clearInterval: clear,
    });
    Date.now = () => this.currentMs;
    performance.now = () => this.currentMs - START_MS;
    return () => {
      Object.assign(globalThis, Object.fromEntries(kept));
      Object.assign(globalThis, { clearTimeout: keptTimeout, clearInterval: keptInterval });
      Date.now = now;
      performance.now = performanceNow;
    };
  }

  /** Runs timers until the condition holds or the virtual time is over; false when it was over first. */
  async run(isDone: () => boolean, limitMs: number): Promise<boolean> {
    const endMs = this.currentMs + limitMs;
    await turn();
    while (!isDone()) {
      const timer = this.take();
      if (!timer) return false;
      if (timer.atMs > endMs) {
        this.push(timer);
        this.currentMs = endMs;
        return false;
      }
      this.currentMs = Math.max(this.currentMs, timer.atMs);
      timer.run();
      if (timer.everyMs !== null && !timer.isCleared) this.repeat(timer, timer.everyMs);
      await turn();
    }
    return true;
  }

  private repeat(timer: Timer, everyMs: number): void {
    // The same object, so that whoever holds it can still clear it.
    this.push(Object.assign(timer, { atMs: this.currentMs + everyMs, order: this.random() }));
  }

  private add(delayMs: number, run: () => void, everyMs: number | null): Timer {
    const atMs = this.currentMs + Math.max(delayMs, 0);
    const timer = { atMs, order: this.random(), run, everyMs, isCleared: false };
    this.push(timer);
    return timer;
  }

  /** Few timers are open at once, so a sorted list is enough. */
  private push(timer: Timer): void {
    let low = 0;
    let high = this.timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.timers[middle];
      if (other && isAfter(other, timer)) low = middle + 1;
      else high = middle;
    }
    this.timers.splice(low, 0, timer);
  }

  private take(): Timer | undefined {
    let timer = this.timers.pop();
    while (timer?.isCleared === true) timer = this.timers.pop();
    return timer;
  }
}

const isAfter = (one: Timer, other: Timer): boolean =>
  one.atMs > other.atMs || (one.atMs === other.atMs && one.order > other.order);

const isTimer = (value: unknown): value is Timer =>
  typeof value === 'object' && value !== null && 'isCleared' in value;

/** What Node returns, as far as the product uses it. */
const handle = (timer: Timer): Timer & { unref(): void } =>
  Object.assign(timer, { unref: () => undefined });
