import { Resolver } from 'node:dns/promises';
import type { LookupAddress } from 'node:dns';
import { CallFailure } from './domain/failure-code';
import { isLocalhostName } from './domain/webhook-url';

/** The part of Node's asynchronous resolver that is needed; it does not run on the thread pool, as `dns.lookup` does. */
export interface DnsSource {
  resolve4(name: string, options: { ttl: true }): Promise<{ address: string; ttl: number }[]>;
  resolve6(name: string, options: { ttl: true }): Promise<{ address: string; ttl: number }[]>;
  /** Ends what is still asked. */
  cancel?(): void;
}

export interface AddressResolverOptions {
  readonly source?: DnsSource;
  readonly monotonicMs: () => number;
  /** Milliseconds for a whole name, both families and all repeats. */
  readonly budgetMs?: number;
}

interface Known {
  readonly addresses: readonly LookupAddress[];
  readonly untilMs: number;
}

const BUDGET_MS = 3_000;
const TRY_MS = 1_000;
const TRIES = 2;
const TTL_SECONDS_MIN = 1;
const TTL_SECONDS_MAX = 300;
const NAMES_MAX = 5_000;
/** Nobody's endpoint has more; a longer answer costs everybody else. */
const ADDRESSES_MAX = 64;
const LOCALHOST: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];
/** No name server could be asked: the gateway's own fault. */
const NO_RESOLVER = 'ECONNREFUSED';

/** Addresses of host names, within a budget of time, remembered for as long as the answer says, without search domains. */
export class AddressResolver {
  private readonly source: DnsSource;
  private readonly monotonicMs: () => number;
  private readonly budgetMs: number;
  /** Oldest answer first, which is the one to forget. */
  private readonly known = new Map<string, Known>();
  private readonly running = new Map<string, Promise<readonly LookupAddress[]>>();

  constructor({ source, monotonicMs, budgetMs = BUDGET_MS }: AddressResolverOptions) {
    this.source = source ?? new Resolver({ timeout: TRY_MS, tries: TRIES });
    this.monotonicMs = monotonicMs;
    this.budgetMs = budgetMs;
  }

  /** @returns every address of the name; throws a `CallFailure` when there is none */
  async resolve(name: string): Promise<readonly LookupAddress[]> {
    if (isLocalhostName(name)) return LOCALHOST;
    const known = this.known.get(name);
    if (known && known.untilMs > this.monotonicMs()) return known.addresses;
    return this.running.get(name) ?? this.ask(name);
  }

  close(): void {
    this.source.cancel?.();
  }

  private ask(name: string): Promise<readonly LookupAddress[]> {
    const asked = this.answerOf(name).finally(() => this.running.delete(name));
    this.running.set(name, asked);
    return asked;
  }

  private async answerOf(name: string): Promise<readonly LookupAddress[]> {
    let timer: NodeJS.Timeout | undefined;
    const budget = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new CallFailure('dns_error'));
      }, this.budgetMs);
    });
    try {
      const asked = Promise.allSettled([
        this.source.resolve4(name, { ttl: true }),
        this.source.resolve6(name, { ttl: true }),
      ]);
      const [four, six] = await Promise.race([asked, budget]);
      const records = [...recordsOf(four, 4), ...recordsOf(six, 6)];
      if (records.length === 0) throw failureOf(four, six);
      if (records.length > ADDRESSES_MAX) throw new CallFailure('dns_error');
      this.remember(name, records);
      return records;
    } finally {
      clearTimeout(timer);
    }
  }

  private remember(name: string, records: readonly (LookupAddress & { ttl: number })[]): void {
    const ttl = Math.min(...records.map((record) => record.ttl), TTL_SECONDS_MAX);
    this.known.delete(name);
    this.known.set(name, {
      addresses: records,
      untilMs: this.monotonicMs() + Math.max(ttl, TTL_SECONDS_MIN) * 1_000,
    });
    if (this.known.size <= NAMES_MAX) return;
    const oldest = this.known.keys().next();
    if (!oldest.done) this.known.delete(oldest.value);
  }
}

type Answer = PromiseSettledResult<{ address: string; ttl: number }[]>;

const recordsOf = (answer: Answer, family: 4 | 6): (LookupAddress & { ttl: number })[] =>
  answer.status === 'fulfilled'
    ? answer.value.map(({ address, ttl }) => ({ address, family, ttl }))
    : [];

function failureOf(...answers: readonly Answer[]): CallFailure {
  const reasons = answers.flatMap((answer) =>
    answer.status === 'rejected' ? [answer.reason as unknown] : [],
  );
  const isOurs = reasons.some(
    (reason) => reason instanceof Error && 'code' in reason && reason.code === NO_RESOLVER,
  );
  return new CallFailure(isOurs ? 'interrupted' : 'dns_error', { cause: reasons[0] });
}
