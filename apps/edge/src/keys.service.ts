import { Inject, Injectable } from '@nestjs/common';
import { isApplicationContext, isKeyContext } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { MESSAGING, type Messaging } from '@gateway/messaging';
import { CLOCK, type Clock } from '@gateway/platform';
import type { Caller } from './domain/admission';
import { LookupBudget } from './domain/lookup-budget';
import type { KnownKey } from './domain/tenancy-view';
import { UnknownKeys } from './domain/unknown-keys';
import { edgeMetrics } from './edge-metrics';
import { KeyCacheService } from './key-cache.service';
import { isAway } from './service-away';

/** A key that cannot be checked must be refused within 2 s. */
const LOOKUP_TIMEOUT_MS = 1_500;
/** Who brings a key that was sure a moment ago waits this long: his 2 s must do for the path too. */
const LOOKUP_PATIENCE_MS = 500;
/** Auth's own answer is believed this long without asking again; far below the 5 s in which a revocation must show. */
const CONFIRMED_MS = 1_000;
/** While auth does not answer it is asked once in this time. */
const OUTAGE_PROBE_INTERVAL_MS = 1_000;
/** With auth and its topic both gone, a cached key goes on for this long. */
const OUTAGE_GRACE_MS = 60_000;
const UNKNOWN_KEYS = { entriesMax: 10_000, ttlMs: 2_000 };
const UNKNOWN_LOOKUPS_PER_SECOND = 200;
const CONCURRENT_LOOKUPS_MAX = 256;
const RETRY_AFTER_SECONDS = 1;

/** Who a key belongs to: from the cache while it is fresh, else from auth, key by key (`design.md` section 3). */
@Injectable()
export class KeysService {
  private readonly lookups = new Map<string, Promise<Caller>>();
  private readonly unknownKeys = new UnknownKeys(UNKNOWN_KEYS);
  private readonly budget = new LookupBudget(UNKNOWN_LOOKUPS_PER_SECOND);
  /** Local Unix milliseconds of the last look-up that auth did not answer; null while it answers. */
  private silentSinceMs: number | null = null;

  constructor(
    private readonly cache: KeyCacheService,
    @Inject(MESSAGING) private readonly messaging: Messaging,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * The caller behind a key, at once when it is known for sure. Whether the key is in force is not judged here.
   * @param keyHash keyed hash of a well-formed key, hex
   * @throws AppError AUTH_001 unknown, AUTH_004 could not be asked, AUTH_005 unreadable
   */
  find(keyHash: string): Caller | Promise<Caller> {
    const nowMs = this.clock.nowMs();
    const known = this.cache.find(keyHash);
    const isFresh = this.cache.isFresh();
    if (known && isReadable(known) && (isFresh || isConfirmed(known, nowMs))) {
      return callerOf(known);
    }
    if (!known && this.unknownKeys.has(keyHash, nowMs)) throw new AppError('AUTH_001');
    const lookup = this.lookups.get(keyHash);
    return lookup ? this.patiently(lookup, known) : this.ask(keyHash, known, { nowMs, isFresh });
  }

  private ask(
    keyHash: string,
    known: KnownKey | undefined,
    { nowMs, isFresh }: { nowMs: number; isFresh: boolean },
  ): Caller | Promise<Caller> {
    if (!known && !this.budget.take(nowMs)) {
      // A fresh cache lacks only keys made within the last moment; a flood of invented ones ends here.
      throw new AppError(isFresh ? 'AUTH_001' : 'AUTH_004', {
        retryAfterSeconds: isFresh ? undefined : RETRY_AFTER_SECONDS,
      });
    }
    if (this.silentSinceMs === null) {
      return this.lookups.size < CONCURRENT_LOOKUPS_MAX
        ? this.patiently(this.lookup(keyHash, known), known)
        : this.withoutAuth(known, nowMs);
    }
    if (nowMs - this.silentSinceMs < OUTAGE_PROBE_INTERVAL_MS) {
      return this.withoutAuth(known, nowMs);
    }
    this.silentSinceMs = nowMs;
    const probe = this.lookup(keyHash, known);
    if (!known) return probe;
    // Whoever brings the probe does not wait for it: it ends here with what is known.
    probe.catch(() => undefined);
    return this.withoutAuth(known, nowMs);
  }

  /** The look-up goes on behind the back of who does not wait for its end. */
  private async patiently(lookup: Promise<Caller>, known: KnownKey | undefined): Promise<Caller> {
    if (!known || !isReadable(known)) return lookup;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, LOOKUP_PATIENCE_MS, null);
    });
    try {
      const caller = await Promise.race([lookup, patience]);
      return caller ?? this.withoutAuth(known, this.clock.nowMs());
    } finally {
      clearTimeout(timer);
    }
  }

  private lookup(keyHash: string, known: KnownKey | undefined): Promise<Caller> {
    const lookup = this.lookUp(keyHash, known).finally(() => {
      this.lookups.delete(keyHash);
    });
    this.lookups.set(keyHash, lookup);
    return lookup;
  }

  private async lookUp(keyHash: string, known: KnownKey | undefined): Promise<Caller> {
    const answer = await this.askAuth(keyHash);
    const nowMs = this.clock.nowMs();
    if (answer === 'silent') {
      this.silentSinceMs = nowMs;
      edgeMetrics.keyLookups.inc({ outcome: 'silent' });
      return this.withoutAuth(known, nowMs);
    }
    this.silentSinceMs = null;
    const { version, key, application } = answer;
    if (key === null) {
      edgeMetrics.keyLookups.inc({ outcome: 'unknown' });
      this.cache.view.forget(keyHash);
      this.unknownKeys.add(keyHash, nowMs);
      throw new AppError('AUTH_001');
    }
    if (!isKeyContext(key) || !isApplicationContext(application)) {
      edgeMetrics.keyLookups.inc({ outcome: 'unreadable' });
      throw new AppError('AUTH_005');
    }
    edgeMetrics.keyLookups.inc({ outcome: 'found' });
    this.unknownKeys.delete(keyHash);
    this.cache.view.confirm(keyHash, { version, key, application }, nowMs);
    return { key, application };
  }

  private async askAuth(keyHash: string) {
    try {
      const options = { timeoutMs: LOOKUP_TIMEOUT_MS };
      return await this.messaging.commands.call('auth', 'key.lookup', { keyHash }, options);
    } catch (error) {
      // Its store gone, auth knows no more of the key than this process.
      if (isAway(error)) return 'silent' as const;
      edgeMetrics.keyLookups.inc({ outcome: 'failed' });
      if (error instanceof AppError && error.code === 'AUTH_005') throw error;
      throw new AppError('AUTH_004', { cause: error, retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
  }

  /** Auth cannot be asked: a key that was sure a moment ago goes on for a while. */
  private withoutAuth(known: KnownKey | undefined, nowMs: number): Caller {
    const sureAtMs = Math.max(this.cache.lastFreshAtMs, known?.key.confirmedAtMs ?? -Infinity);
    if (!known || !isReadable(known) || nowMs - sureAtMs >= OUTAGE_GRACE_MS) {
      throw new AppError('AUTH_004', { retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    edgeMetrics.keysUnconfirmed.inc();
    return callerOf(known);
  }
}

const isReadable = ({ key, application }: KnownKey): boolean =>
  key.data === null || (key.data !== undefined && application?.data !== undefined);

const isConfirmed = ({ key, application }: KnownKey, nowMs: number): boolean =>
  Math.min(key.confirmedAtMs, application?.confirmedAtMs ?? 0) > nowMs - CONFIRMED_MS;

/** @throws AppError AUTH_001 when the key or its application was deleted */
function callerOf({ key, application }: KnownKey): Caller {
  if (!key.data || !application?.data) throw new AppError('AUTH_001');
  return { key: key.data, application: application.data };
}
