import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { ClosedLoopResult } from './closed-loop';
import type { LoadOrder, LoadResult } from './generator';
import type { LoadTarget } from './load-target';
import type { OpenModelResult } from './open-model';
import type { AcceptedMessage } from './webhooks/messages';
import type { OfferedStatuses, StatusLoad } from './webhooks/status-load';

export const runOpenModel = (
  target: LoadTarget,
  perSecond: number,
  seconds: number,
): Promise<OpenModelResult> =>
  generate({ kind: 'open', target, perSecond, seconds }) as Promise<OpenModelResult>;

export const runClosedLoop = (
  target: LoadTarget,
  connections: number,
  seconds: number,
): Promise<ClosedLoopResult> =>
  generate({ kind: 'closed', target, connections, seconds }) as Promise<ClosedLoopResult>;

export const runMessages = (
  target: LoadTarget,
  count: number,
): Promise<readonly AcceptedMessage[]> =>
  generate({ kind: 'messages', target, count }) as Promise<readonly AcceptedMessage[]>;

export const runStatuses = (load: StatusLoad): Promise<OfferedStatuses> =>
  generate({ kind: 'statuses', load }) as Promise<OfferedStatuses>;

/** Runs a piece of load in a process of its own. */
export function generate(order: LoadOrder): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const child = fork(join(__dirname, 'generator.js'));
    let result: LoadResult | undefined;
    child.once('message', (message: LoadResult) => (result = message));
    child.once('exit', (code) => {
      if (result) resolve(result);
      else reject(new Error(`The load generator ended with ${String(code)} and no result.`));
    });
    child.send(order);
  });
}
