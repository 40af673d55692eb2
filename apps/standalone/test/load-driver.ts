import { Pool } from 'undici';
import { textTo } from './gateway-client';

/** One request of the load and what became of it. */
export interface Operation {
  readonly index: number;
  /** In the message's text, so that the simulator's ledger can be joined with it. */
  readonly marker: string;
  readonly startedAtMs: number;
  readonly durationMs: number;
  /** Null when the connection broke before an answer came. */
  readonly status: number | null;
  readonly code: string | null;
  readonly messageId: string | null;
}

interface LoadOptions {
  readonly urls: readonly string[];
  readonly keys: readonly string[];
  readonly perSecond: number;
  readonly seconds: number;
  readonly to?: string;
  /** Prefix of every marker. */
  readonly name: string;
  readonly query?: string;
}

/** Offers messages at fixed moments, whatever the answers do; one operation for each, answered or not. */
export async function offerLoad(options: LoadOptions): Promise<readonly Operation[]> {
  const pools = options.urls.map((url) => new Pool(url, { connections: 1_024, pipelining: 1 }));
  const startMs = performance.now();
  const count = Math.round(options.perSecond * options.seconds);
  const pending: Promise<Operation>[] = [];
  while (pending.length < count) {
    const dueCount = ((performance.now() - startMs) / 1000) * options.perSecond;
    while (pending.length < Math.min(count, dueCount)) {
      const index = pending.length;
      const pool = pools[index % pools.length];
      if (!pool) throw new Error('no URL');
      pending.push(sendOne(pool, options, index));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const operations = await Promise.all(pending);
  await Promise.all(pools.map((pool) => pool.destroy()));
  return operations;
}

async function sendOne(pool: Pool, options: LoadOptions, index: number): Promise<Operation> {
  const marker = `${options.name}-${index}`;
  const startedAtMs = Date.now();
  const started = performance.now();
  const done = (part: Pick<Operation, 'status' | 'code' | 'messageId'>): Operation => ({
    index,
    marker,
    startedAtMs,
    durationMs: performance.now() - started,
    ...part,
  });
  try {
    const { statusCode, headers, body } = await pool.request({
      method: 'POST',
      path: `/v1/wa/message${options.query ?? ''}`,
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${options.keys[index % options.keys.length] ?? ''}`,
      },
      body: JSON.stringify(textTo(options.to ?? '905321234567', marker)),
      headersTimeout: 30_000,
      bodyTimeout: 30_000,
    });
    const answer = (await body.json()) as { errors?: { code: string } };
    const messageId = headers['x-message-id'];
    return done({
      status: statusCode,
      code: answer.errors?.code ?? null,
      messageId: typeof messageId === 'string' ? messageId : null,
    });
  } catch {
    return done({ status: null, code: null, messageId: null }); // the connection broke
  }
}

/** How often each answer came, for a message of a failing test. */
export function countAnswers(operations: readonly Operation[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, code } of operations) {
    const name = status === 200 ? '200' : (code ?? 'no answer');
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** The longest time in milliseconds without an answer of 200 while load was offered. */
export function longestStallMs(operations: readonly Operation[]): number {
  const ends = operations
    .filter(({ status }) => status === 200)
    .map(({ startedAtMs, durationMs }) => startedAtMs + durationMs)
    .sort((one, other) => one - other);
  let longest = 0;
  for (let index = 1; index < ends.length; index += 1) {
    longest = Math.max(longest, (ends[index] ?? 0) - (ends[index - 1] ?? 0));
  }
  return longest;
}
