import type { Clock, Logger } from '@gateway/platform';
import type { LimitsStore } from './limits.store';
import { MemoryLimitsStore } from './memory-limits.store';
import type { RateLimiterConfig } from './rate-limiter.config';
import { RedisLimitsStore } from './redis-limits.store';
import { RedisClient } from './redis.client';

/** Nest token of the `OpenLimits`. */
export const OPEN_LIMITS = Symbol('OpenLimits');

export interface OpenLimits {
  readonly store: LimitsStore;
  close(): void;
}

/** The clock of the windows: fine, and never set back, as a window would stand still until time has caught up. */
const monotonicClock: Clock = { nowMs: () => performance.timeOrigin + performance.now() };

/**
 * The store that is configured: Redis with a memory beside it, or the memory alone.
 *
 * @param brokerClock says when this process began, and which day it is
 */
export async function openLimits(
  config: Pick<RateLimiterConfig, 'redisUrl' | 'rateStoreTimeoutMs'>,
  brokerClock: Clock,
  logger: Logger,
): Promise<OpenLimits> {
  const memory = new MemoryLimitsStore(monotonicClock, brokerClock.nowMs(), brokerClock);
  const { redisUrl: url, rateStoreTimeoutMs: timeoutMs } = config;
  if (url === undefined) return { store: memory, close: () => undefined };
  const redis = new RedisClient({ url, timeoutMs }, logger, () => {
    store.catchUp();
  });
  const store = new RedisLimitsStore(redis, memory, monotonicClock);
  await redis.start();
  return {
    store,
    close: () => {
      redis.stop();
    },
  };
}
