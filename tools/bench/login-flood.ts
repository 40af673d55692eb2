import { Pool } from 'undici';

export interface FloodOrder {
  readonly origin: string;
  readonly perSecond: number;
  readonly seconds: number;
}

/** What somebody got who tries passwords from many addresses at once. */
export interface LoginFlood {
  readonly offered: number;
  /** Whose password was looked at, and was wrong. */
  readonly hashed: number;
  /** 429 RATE_003. */
  readonly refused: number;
  /** Anything else, by status and code. */
  readonly other: Readonly<Record<string, number>>;
  readonly refusedP50Ms: number;
  readonly refusedP99Ms: number;
}

/**
 * Attempts to sign in at fixed moments, each with an address of its own: an account of its own too, so that nothing but
 * the room for hashes holds it back. The gateway must trust this machine as a proxy.
 */
export async function floodLogins({ origin, perSecond, seconds }: FloodOrder): Promise<LoginFlood> {
  const pool = new Pool(origin, { connections: 256, pipelining: 1 });
  const counts: Record<string, number> = {};
  const refusedMs: number[] = [];
  const offered = perSecond * seconds;
  const run = Math.floor(performance.now()).toString(36);
  const attempt = async (index: number, dueMs: number): Promise<void> => {
    const outcome = await signIn(pool, { index, run });
    counts[outcome] = (counts[outcome] ?? 0) + 1;
    if (outcome === REFUSED) refusedMs.push(performance.now() - dueMs);
  };
  const startMs = performance.now();
  const pending: Promise<void>[] = [];
  while (pending.length < offered) {
    const dueMs = startMs + (pending.length * 1_000) / perSecond;
    if (dueMs <= performance.now()) pending.push(attempt(pending.length, dueMs));
    else await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(pending);
  await pool.close();
  const { [REFUSED]: refused = 0, [WRONG]: hashed = 0, ...other } = counts;
  const [refusedP50Ms, refusedP99Ms] = [quantile(refusedMs, 0.5), quantile(refusedMs, 0.99)];
  return { offered, hashed, refused, other, refusedP50Ms, refusedP99Ms };
}

const REFUSED = '429 RATE_003';
const WRONG = '401 AUTH_010';

async function signIn(pool: Pool, { index, run }: { index: number; run: string }): Promise<string> {
  try {
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: '/api/v1/auth/token',
      headers: {
        'content-type': 'application/json',
        'x-client-type': 'native',
        'x-forwarded-for': [10, index >> 16, (index >> 8) & 255, index & 255].join('.'),
      },
      body: JSON.stringify({ email: `flood-${run}-${index}@example.com`, password: 'a guess' }),
    });
    const { errors } = (await body.json()) as { errors?: { code: string } };
    return `${statusCode} ${errors?.code ?? ''}`.trim();
  } catch {
    return 'no answer';
  }
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN;
}
