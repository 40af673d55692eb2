import { closedLoop, type ClosedLoopResult } from './closed-loop';
import type { LoadTarget } from './load-target';
import { floodLogins, type FloodOrder, type LoginFlood } from './login-flood';
import { openModel, type OpenModelResult } from './open-model';
import { sendMessages, type AcceptedMessage } from './webhooks/messages';
import { offerStatuses, type OfferedStatuses, type StatusLoad } from './webhooks/status-load';

/** A piece of load, run in a process of its own so that the harness's work is not measured with it. */
export type LoadOrder =
  | {
      readonly kind: 'open';
      readonly target: LoadTarget;
      readonly perSecond: number;
      readonly seconds: number;
    }
  | {
      readonly kind: 'closed';
      readonly target: LoadTarget;
      readonly connections: number;
      readonly seconds: number;
    }
  | { readonly kind: 'messages'; readonly target: LoadTarget; readonly count: number }
  | { readonly kind: 'statuses'; readonly load: StatusLoad }
  | ({ readonly kind: 'logins' } & FloodOrder);

export type LoadResult =
  OpenModelResult | ClosedLoopResult | LoginFlood | readonly AcceptedMessage[] | OfferedStatuses;

process.on('message', (order: LoadOrder) => {
  void run(order).then(
    (result) => process.send?.(result, () => process.exit(0)),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});

function run(order: LoadOrder): Promise<LoadResult> {
  switch (order.kind) {
    case 'open':
      return openModel(order.target, order.perSecond, order.seconds);
    case 'closed':
      return closedLoop(order.target, order.connections, order.seconds);
    case 'messages':
      return sendMessages(order.target, order.count);
    case 'statuses':
      return offerStatuses(order.load);
    case 'logins':
      return floodLogins(order);
  }
}
