import type { IncomingMessage, ServerResponse } from 'node:http';
import { answer, pageOf, refuse, stream, withBody, type ControlRoutes } from './control-routes';
import { faultName } from './domain/faults';
import { readFaultRule } from './domain/fault-rule';
import type { FaultRule, FaultRules } from './fault-rules';
import type { SendsLedger } from './sends-ledger';

export const CONTROL_PREFIX = '/_simulator/';

/** What a simulator that runs as a process of its own does when it is told that it is, or is no longer, in use. */
export interface SimulatorLifecycle {
  readonly onKeepAlive?: () => void;
  readonly onStop?: () => void;
}

/** What is the simulator's own: its faults, its ledger, and the routes that it is given. */
export class ControlController {
  private readonly routes: ControlRoutes;

  constructor(
    private readonly sends: SendsLedger,
    private readonly faultRules: FaultRules,
    more: ControlRoutes,
    private readonly lifecycle: SimulatorLifecycle = {},
  ) {
    this.routes = {
      ...more,
      'POST /_simulator/keep-alive': (request, response) => {
        request.resume();
        this.lifecycle.onKeepAlive?.();
        answer(response, 200, { success: true });
      },
      'POST /_simulator/stop': (request, response) => {
        request.resume();
        answer(response, 202, { success: true });
        response.once('finish', () => this.lifecycle.onStop?.());
      },
      'GET /_simulator/sends': (_request, response, url) => {
        this.listSends(response, url);
      },
      'GET /_simulator/sends/count': (_request, response) => {
        answer(response, 200, { count: this.sends.count, kept: this.sends.kept });
      },
      'DELETE /_simulator/sends': (_request, response) => {
        this.sends.clear();
        answer(response, 200, { success: true });
      },
      'GET /_simulator/faults': (_request, response) => {
        answer(response, 200, { faults: this.faultRules.list(performance.now()).map(ruleView) });
      },
      'POST /_simulator/faults': (request, response) => {
        this.addFault(request, response);
      },
      'DELETE /_simulator/faults': (_request, response, url) => {
        this.removeFaults(response, url.searchParams.get('id'));
      },
    };
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://simulator');
    const handler = this.routes[`${request.method ?? ''} ${url.pathname}`];
    if (handler) {
      handler(request, response, url);
      return;
    }
    request.resume();
    answer(response, 404, {
      error: { message: 'No such route', routes: Object.keys(this.routes) },
    });
  }

  private listSends(response: ServerResponse, url: URL): void {
    const page = pageOf(response, url);
    if (page) stream(response, this.sendsJson(page.after, page.limit));
  }

  private *sendsJson(after: number, limit: number): Generator<Buffer> {
    const next = this.sends.nextAfter(after, limit);
    yield Buffer.from(`{"count":${this.sends.count},"sends":[`);
    yield* this.sends.read(after, limit);
    yield Buffer.from(`],"next":${next}}`);
  }

  private addFault(request: IncomingMessage, response: ServerResponse): void {
    const read = (body: unknown) => readFaultRule(body, performance.now());
    withBody(request, response, read, (rule) => {
      const stored = this.faultRules.add(rule);
      if (stored) answer(response, 201, ruleView(stored));
      else refuse(response, 409, 'Too many faults; delete some');
    });
  }

  private removeFaults(response: ServerResponse, id: string | null): void {
    if (id === null) {
      this.faultRules.clear();
    } else if (!this.faultRules.remove(Number(id))) {
      refuse(response, 404, 'No fault with this id');
      return;
    }
    answer(response, 200, { success: true });
  }
}

/** A rule as it is shown; what has no end is null. */
function ruleView(rule: FaultRule) {
  return {
    id: rule.id,
    phoneNumberId: rule.phoneNumberId ?? null,
    recipient: rule.recipient ?? null,
    fault: faultName(rule.fault),
    remaining: rule.remaining === Infinity ? null : rule.remaining,
    endsInMs:
      rule.untilMs === Infinity ? null : Math.max(0, Math.ceil(rule.untilMs - performance.now())),
  };
}
