import autocannon from 'autocannon';
import type { LoadTarget } from './load-target';

export interface ClosedLoopResult {
  readonly connections: number;
  readonly perSecond: number;
  readonly answered: number;
  readonly failed: number;
}

/** Keeps a number of connections busy: each sends its next request when the last one is answered. */
export async function closedLoop(
  target: LoadTarget,
  connections: number,
  seconds: number,
): Promise<ClosedLoopResult> {
  const result = await autocannon({
    url: target.origin,
    connections,
    duration: seconds,
    requests: target.keys.map((key) => ({
      method: 'POST' as const,
      path: target.path,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: target.body,
    })),
  });
  const answered = result['2xx'];
  return {
    connections,
    perSecond: answered / result.duration,
    answered,
    failed: result.non2xx + result.errors,
  };
}
