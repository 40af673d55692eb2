import type { Clock } from '@gateway/platform';
import { MINUTE_MS } from './domain/minute-window';
import { parseSharedVerdict, type Verdict } from './domain/verdict';
import { verdictKeepMs, type LimitRequest, type LimitsStore } from './limits.store';
import type { MemoryLimitsStore } from './memory-limits.store';
import type { RedisClient } from './redis.client';

/** Messages of one script call at most: Lua unpacks their keys, and Redis does nothing else meanwhile. */
const MESSAGES_PER_CALL_MAX = 500;
/** The minute and the bucket that it cuts, after which Redis knows all that the windows need. */
const CATCH_UP_MS = MINUTE_MS + 1_000;

/** A message that Redis has to decide. */
interface Question {
  readonly index: number;
  readonly request: LimitRequest;
  /** What the memory said, while it decides too. */
  readonly provisional: Verdict | null;
}

/** Questions for one key, as the script takes them. */
interface Group {
  readonly keys: string[];
  readonly args: number[];
  readonly questions: Question[];
}

/**
 * Windows and verdicts in Redis, shared by all instances. What Redis decides is learned by the memory beside it, so
 * that this instance limits on from there when Redis is gone; for a minute after its return, and for keys with a limit of
 * the day until that ends, the memory decides too, as it alone knows what was admitted meanwhile, and Redis may have
 * lost what it knew. A message that was decided here keeps its verdict.
 */
export class RedisLimitsStore implements LimitsStore {
  private catchUpUntilMs = -Infinity;
  private catchUpDayUntilMs = -Infinity;

  constructor(
    private readonly redis: Pick<RedisClient, 'run' | 'isAvailable'>,
    private readonly memory: MemoryLimitsStore,
    private readonly clock: Clock,
  ) {}

  /** Redis is back, and may have lost what it knew. */
  catchUp(): void {
    const nowMs = this.clock.nowMs();
    this.catchUpUntilMs = nowMs + CATCH_UP_MS;
    this.catchUpDayUntilMs = nowMs + this.memory.dayLeftMs;
  }

  async decide(requests: readonly LimitRequest[]): Promise<readonly Verdict[]> {
    const verdicts = new Array<Verdict>(requests.length);
    const groups = groupsOf(this.decideHere(requests, verdicts));
    if (groups.length > 0) {
      const answers = await this.redis.run(groups);
      const nowMs = this.clock.nowMs();
      groups.forEach(({ questions }, at) => {
        questions.forEach((question, position) => {
          verdicts[question.index] = this.settle(question, answers[at]?.[position], nowMs);
        });
      });
    }
    return verdicts;
  }

  /** Gives the verdicts that need no answer of Redis; returns the questions that do. */
  private decideHere(requests: readonly LimitRequest[], verdicts: Verdict[]): Question[] {
    const nowMs = this.clock.nowMs();
    const { isAvailable } = this.redis;
    const isCatchingUp = nowMs < this.catchUpUntilMs;
    const isDayCatchingUp = nowMs < this.catchUpDayUntilMs;
    const questions: Question[] = [];
    requests.forEach((request, index) => {
      const known = this.memory.verdictOf(request);
      const isRedisEnough =
        isAvailable &&
        !isCatchingUp &&
        !(isDayCatchingUp && request.journey.limits.perDay !== undefined);
      const provisional =
        known ?? (isRedisEnough ? null : this.memory.enterOrRefuse(request, nowMs));
      if (!known && isAvailable && !provisional?.refusedBy) {
        questions.push({ index, request, provisional });
      } else if (provisional) {
        if (!known) this.memory.keep(request, provisional, nowMs);
        verdicts[index] = provisional;
      }
    });
    return questions;
  }

  private settle(
    { request, provisional }: Question,
    answer: string | undefined,
    nowMs: number,
  ): Verdict {
    const known = this.memory.verdictOf(request);
    if (known) return known;
    const shared = parseSharedVerdict(answer);
    if (shared && !provisional && shared.refusedBy === null) this.memory.enter(request, nowMs);
    const verdict = shared ?? provisional ?? this.memory.enterOrRefuse(request, nowMs);
    this.memory.keep(request, verdict, nowMs);
    return verdict;
  }
}

function groupsOf(questions: readonly Question[]): Group[] {
  const open = new Map<string, Group>();
  const groups: Group[] = [];
  for (const question of questions) {
    const { keyId, messageId, limits, ttlMs } = question.request.journey;
    const { perSecond, perMinute, perDay = 0 } = limits;
    const name = `${keyId}:${perSecond}:${perMinute}:${perDay}`;
    let group = open.get(name);
    if (!group || group.questions.length >= MESSAGES_PER_CALL_MAX) {
      group = {
        keys: [`gw:rate:{${keyId}}:sec`, `gw:rate:{${keyId}}:min`],
        args: [perSecond, perMinute, perDay],
        questions: [],
      };
      if (perDay > 0) group.keys.push(`gw:rate:{${keyId}}:day`);
      open.set(name, group);
      groups.push(group);
    }
    group.keys.push(`gw:rate:{${keyId}}:verdict:${messageId}`);
    group.args.push(verdictKeepMs(ttlMs));
    group.questions.push(question);
  }
  return groups;
}
