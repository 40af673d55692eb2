interface Generation<V> {
  readonly entries: Map<string, V>;
  readonly startedAtMs: number;
  keepUntilMs: number;
}

/**
 * A map that forgets by age without timers and without walking its entries: they lie in generations, and a generation
 * is dropped as a whole when the last of its entries has expired.
 */
export class AgingMap<V> {
  private generations: Generation<V>[] = [];

  /** @param generationMs how much longer than asked an entry may be kept */
  constructor(private readonly generationMs: number) {}

  get size(): number {
    return this.generations.reduce((size, { entries }) => size + entries.size, 0);
  }

  /** The newest value of the key. */
  get(key: string): V | undefined {
    for (let index = this.generations.length - 1; index >= 0; index -= 1) {
      const value = this.generations[index]?.entries.get(key);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /** Keeps the value until `keepMs` have passed, and up to one generation longer. */
  set(key: string, value: V, keepMs: number, nowMs: number): void {
    const newest = this.newestAt(nowMs);
    newest.entries.set(key, value);
    newest.keepUntilMs = Math.max(newest.keepUntilMs, nowMs + keepMs);
  }

  /** The value of the key, made when there is none, and kept for `keepMs` from now on. */
  touch(key: string, keepMs: number, nowMs: number, make: () => V): V {
    const newest = this.newestAt(nowMs);
    newest.keepUntilMs = Math.max(newest.keepUntilMs, nowMs + keepMs);
    let value = newest.entries.get(key);
    if (value === undefined) {
      value = this.takeOut(key) ?? make();
      newest.entries.set(key, value);
    }
    return value;
  }

  private newestAt(nowMs: number): Generation<V> {
    let newest = this.generations.at(-1);
    if (!newest || nowMs - newest.startedAtMs >= this.generationMs) {
      this.dropExpired(nowMs);
      newest = { entries: new Map(), startedAtMs: nowMs, keepUntilMs: 0 };
      this.generations.push(newest);
    }
    return newest;
  }

  private takeOut(key: string): V | undefined {
    for (const { entries } of this.generations) {
      const value = entries.get(key);
      if (value === undefined) continue;
      entries.delete(key);
      return value;
    }
    return undefined;
  }

  private dropExpired(nowMs: number): void {
    if (this.generations.some(({ keepUntilMs }) => keepUntilMs <= nowMs)) {
      this.generations = this.generations.filter(({ keepUntilMs }) => keepUntilMs > nowMs);
    }
  }
}
