import {
  MetaCall,
  MetaClient,
  type MetaCallEnd,
  type MetaRequest,
} from '../../apps/dispatcher/src/meta.client';
import type { Dispatcher } from 'undici';
import { oneOf } from '../faults/seeded';
import type { SimProcess } from './sim-process';

type Controller = Dispatcher.DispatchController;

const ANSWER_MS_MAX = 50;
const REFUSAL = { error: { code: 131026, message: 'not on WhatsApp' } };

interface Fault {
  readonly isAccepted: boolean;
  readonly does: 'no-connection' | 'reset' | 'silence' | 'refuse' | 'answer';
}

const ANSWERED: Fault = { isAccepted: true, does: 'answer' };

const FAULTS: readonly Fault[] = [
  { isAccepted: false, does: 'no-connection' },
  { isAccepted: false, does: 'reset' },
  { isAccepted: false, does: 'silence' },
  { isAccepted: false, does: 'refuse' },
  { isAccepted: true, does: 'reset' },
  { isAccepted: true, does: 'silence' },
];

/** What Meta has: every message that it accepted, by our id. */
export class SimMeta {
  readonly accepted = new Map<string, number>();

  constructor(private readonly violated: (text: string) => void) {}

  accept(messageId: string): void {
    const count = (this.accepted.get(messageId) ?? 0) + 1;
    this.accepted.set(messageId, count);
    if (count > 1) this.violated(`I2: message ${messageId} reached Meta ${count} times`);
  }
}

/** The product's handler of a call, with a simulated socket in undici's place. */
export class SimMetaClient extends MetaClient {
  constructor(
    private readonly process: SimProcess,
    private readonly meta: SimMeta,
  ) {
    super({ baseUrl: 'http://meta.invalid', apiVersion: 'v1', connectTimeoutMs: 1_000 });
  }

  override send(request: MetaRequest, onEnd: (end: MetaCallEnd) => void): MetaCall {
    const call = new MetaCall(request, (end) => {
      if (this.process.isAlive) onEnd(end);
    });
    void this.carry(request, call);
    return call;
  }

  private async carry(request: MetaRequest, call: MetaCall): Promise<void> {
    const { random, weather } = this.process.world;
    await this.process.pause();
    if (!this.process.isAlive) return;
    const fault = random() < weather.metaFault ? oneOf(random, FAULTS) : null;
    if (fault?.does === 'no-connection') {
      call.onResponseError(CONTROLLER, new Error('connection refused'));
      return;
    }
    try {
      call.onRequestStart(CONTROLLER);
    } catch (error) {
      call.onResponseError(CONTROLLER, error as Error);
      return;
    }
    // Written: it arrives whatever becomes of the process.
    this.later(() => {
      this.arrive(request, call, fault);
    });
  }

  private arrive({ messageId }: MetaRequest, call: MetaCall, fault: Fault | null): void {
    const { isAccepted, does } = fault ?? ANSWERED;
    if (isAccepted) this.meta.accept(messageId);
    if (does === 'silence') return;
    this.later(() => {
      if (does === 'reset') call.onResponseError(CONTROLLER, new Error('connection reset'));
      else if (does === 'refuse') answer(call, 400, REFUSAL);
      else answer(call, 200, { messages: [{ id: `wamid.${messageId}` }] });
    });
  }

  private later(work: () => void): void {
    const { random, time } = this.process.world;
    time.after(random() * ANSWER_MS_MAX, work);
  }
}

function answer(call: MetaCall, status: number, body: unknown): void {
  call.onResponseStart(CONTROLLER, status, {});
  call.onResponseData(CONTROLLER, Buffer.from(JSON.stringify(body)));
  call.onResponseEnd();
}

const CONTROLLER = { abort: () => undefined } as unknown as Controller;
