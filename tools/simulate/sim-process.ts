import type { ServiceName } from '@gateway/contracts';
import { between, type Seeded } from '../faults/seeded';
import type { VirtualTime } from './virtual-time';

/** How often what goes wrong goes wrong; each a share of 1. */
export interface Weather {
  readonly crash: number;
  readonly storeError: number;
  readonly produceLost: number;
  readonly replyLost: number;
  readonly metaFault: number;
}

export const FAIR: Weather = {
  crash: 0,
  storeError: 0,
  produceLost: 0,
  replyLost: 0,
  metaFault: 0,
};

/** What a process shares with the rest of the world. */
export interface Surroundings {
  readonly time: VirtualTime;
  readonly random: Seeded;
  weather: Weather;
  readonly trace: (line: string) => void;
}

/** Never resolves: what a dead process still waits for. */
export const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

const storeError = (code: string): Error =>
  Object.assign(new Error('the simulated store broke the connection'), { code });

/**
 * One life of a process. Everything it does to the outside goes through `cross`, where it may die before or after the
 * effect; whatever its code does after that reaches nobody.
 */
export class SimProcess {
  isAlive = true;
  private readonly onDeath: (() => void)[] = [];

  constructor(
    readonly service: ServiceName,
    readonly name: string,
    readonly world: Surroundings,
  ) {}

  /** Called when it dies, to end its timers. */
  atDeath(work: () => void): void {
    this.onDeath.push(work);
  }

  die(why: string): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.world.trace(`${this.name} dies ${why}`);
    for (const work of this.onDeath) work();
  }

  /** An effect outside of the process, atomic in itself: delays and deaths lie before and behind it. */
  async cross<T>(name: string, effect: () => T): Promise<T> {
    await this.pause();
    if (this.isDeadAt(`before ${name}`)) return never<T>();
    const result = effect();
    if (this.isDeadAt(`after ${name}`)) return never<T>();
    await this.pause();
    return this.isDead() ? never<T>() : result;
  }

  /** The same with a store, which may refuse, or do the work and lose its answer. */
  async store<T>(name: string, statement: () => T): Promise<T> {
    const { random, weather } = this.world;
    const drawn = random();
    if (drawn < weather.storeError / 2) {
      await this.cross(`refused ${name}`, () => undefined);
      throw storeError('ECONNREFUSED');
    }
    const result = await this.cross(name, statement);
    if (drawn < weather.storeError) throw storeError('ECONNRESET');
    return result;
  }

  /** A random time, in which anything else may happen. */
  async pause(maxMs = 20): Promise<void> {
    const { random, time } = this.world;
    const delayMs = random() < 0.05 ? between(random, 0, 400) : between(random, 0, maxMs);
    await new Promise<void>((resolve) => time.after(delayMs, resolve));
  }

  private isDeadAt(where: string): boolean {
    if (this.isAlive && this.world.random() < this.world.weather.crash) this.die(where);
    return this.isDead();
  }

  private isDead(): boolean {
    return !this.isAlive;
  }
}
