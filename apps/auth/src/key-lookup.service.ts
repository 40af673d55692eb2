import type { CommandReply } from '@gateway/contracts';
import { Injectable } from '@nestjs/common';
import { TenancyRecords } from './tenancy-records.service';
import { TenancyStateStore } from './tenancy-state.store';

type LookupReply = CommandReply<'auth', 'key.lookup'>;

interface Waiting {
  readonly resolve: (reply: LookupReply) => void;
  readonly reject: (error: unknown) => void;
}

const STATEMENTS_AT_ONCE = 2;
const HASHES_MAX = 500;

/** Answers look-ups by keyed hash: what arrives while a statement runs goes into the next one, each hash once. */
@Injectable()
export class KeyLookupService {
  private waiting = new Map<string, Waiting[]>();
  private running = 0;

  constructor(
    private readonly state: TenancyStateStore,
    private readonly records: TenancyRecords,
  ) {}

  /**
   * @param keyHash keyed hash of the key, hex
   * @returns key and application, null where there is none; the version up to which every change is in the answer
   */
  lookUp(keyHash: string): Promise<LookupReply> {
    return new Promise((resolve, reject) => {
      const others = this.waiting.get(keyHash);
      if (others === undefined) this.waiting.set(keyHash, [{ resolve, reject }]);
      else others.push({ resolve, reject });
      // After what this tick still brings.
      if (this.running < STATEMENTS_AT_ONCE) setImmediate(() => void this.run());
    });
  }

  private async run(): Promise<void> {
    if (this.running >= STATEMENTS_AT_ONCE || this.waiting.size === 0) return;
    this.running += 1;
    const taken = this.take();
    try {
      const found = await this.state.lookUp([...taken.keys()]);
      for (const [keyHash, callers] of taken) {
        const key = found.keys.get(keyHash);
        const application = key && found.applications.get(key.appId);
        const reply = {
          version: found.version,
          key: this.records.keyContext(key),
          application: this.records.applicationContext(application),
        };
        for (const { resolve } of callers) resolve(reply);
      }
    } catch (error) {
      for (const { reject } of [...taken.values()].flat()) reject(error);
    } finally {
      this.running -= 1;
      void this.run();
    }
  }

  private take(): Map<string, Waiting[]> {
    if (this.waiting.size <= HASHES_MAX) {
      const taken = this.waiting;
      this.waiting = new Map();
      return taken;
    }
    const taken = new Map([...this.waiting].slice(0, HASHES_MAX));
    for (const keyHash of taken.keys()) this.waiting.delete(keyHash);
    return taken;
  }
}
