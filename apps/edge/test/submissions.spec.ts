import type { Reply } from '@gateway/contracts';
import {
  ProduceExpiredError,
  type Acknowledgement,
  type Messaging,
  type OutboundRecord,
} from '@gateway/messaging';
import { createLogger } from '@gateway/platform';
import { FakeClock, seededRandom } from '@gateway/testing';
import type { Caller } from '../src/domain/admission';
import type { SendRequest } from '../src/domain/send-request';
import type { EdgeConfig } from '../src/edge.config';
import { SubmissionsService, type SendOutcome } from '../src/submissions.service';
import { applicationContext, keyContext } from './edge-fixture';

const TTL_MS = 10_000;
const OTHER_APP = '0193a8c0-0000-7000-8000-0000000000bb';

interface Produce {
  readonly record: OutboundRecord;
  readonly deadlineMs: number | undefined;
  readonly acknowledge: (acknowledgement: Acknowledgement) => void;
  readonly fail: (error: Error) => void;
}

const NOT_PRODUCED: Produce = {
  record: { topic: 'message.submitted.v1', key: '', value: null },
  deadlineMs: undefined,
  acknowledge: () => undefined,
  fail: () => undefined,
};

/** The path as the edge sees it: a producer, replies, and the broker's clock; each as the test wants it. */
class Path {
  readonly produces: Produce[] = [];
  readonly listeners = new Map<string, (reply: Reply) => void>();
  takenBack: OutboundRecord[] = [];
  canTakeBack = false;
  offsetMs = 0;

  readonly messaging = {
    producer: {
      send: (record: OutboundRecord, options?: { deadlineMs?: number }) =>
        new Promise<Acknowledgement>((acknowledge, fail) => {
          this.produces.push({ record, deadlineMs: options?.deadlineMs, acknowledge, fail });
        }),
      takeBack: (record: OutboundRecord) => {
        if (this.canTakeBack) this.takenBack.push(record);
        return this.canTakeBack;
      },
    },
    replies: {
      partition: 3,
      listen: (id: string, onReply: (reply: Reply) => void) => {
        this.listeners.set(id, onReply);
        return () => this.listeners.delete(id);
      },
    },
    brokerClock: this.brokerClock(),
    partitionOf: (appId: string) => (appId === OTHER_APP ? 1 : 0),
  } as unknown as Messaging;

  private brokerClock(): { readonly offsetMs: number } {
    return Object.defineProperty({ offsetMs: 0 }, 'offsetMs', { get: () => this.offsetMs });
  }
}

const clock = new FakeClock();
let path: Path;
let submissions: SubmissionsService;
beforeEach(() => {
  path = new Path();
  submissions = new SubmissionsService(
    path.messaging,
    { messageTtlMs: TTL_MS, inFlightMax: 5, inFlightPerAppMax: 3 } as EdgeConfig,
    clock,
    seededRandom(1),
    createLogger({ service: 'test', level: 'silent' }),
  );
});

const request: SendRequest = {
  body: Buffer.from('{}'),
  facts: { type: 'text', recipient: '905321234567', isRecipientRewritten: false },
  flags: { isFake: false, isMmlite: false },
  idempotencyKey: undefined,
};
const caller = (appId?: string, lookupMs?: number): Caller => ({
  key: keyContext('production', appId === undefined ? {} : { appId }),
  application: applicationContext(),
  ...(lookupMs !== undefined && { lookupMs }),
});

interface Sent {
  /** Never of a message that was refused at once. */
  readonly produce: Produce;
  readonly id: string;
  outcome: SendOutcome | undefined;
}

/** Submits one message and looks at it later. */
async function submit(appId?: string, lookupMs?: number): Promise<Sent> {
  const count = path.produces.length;
  const submitted = submissions.submit(caller(appId, lookupMs), request);
  const produce = path.produces[count] ?? NOT_PRODUCED;
  const id = String(produce.record.headers?.['x-message-id']);
  const sent: Sent = { produce, id, outcome: undefined };
  void submitted.then((outcome) => (sent.outcome = outcome));
  await settled();
  return sent;
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets time pass as the timer of the process would see it. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 50) {
    clock.advance(Math.min(50, left));
    submissions.sweep();
  }
  await settled();
}

const codeOf = (sent: Sent): string | undefined =>
  sent.outcome?.kind === 'refused' ? sent.outcome.code : sent.outcome?.kind;

function reply(sent: Sent, more: Partial<Reply> & { kind: Reply['kind'] }): void {
  const whole = {
    from: 'dispatcher',
    messageId: sent.id,
    isReplayed: false,
    data: '{}',
    params: {},
    ...more,
  };
  path.listeners.get(sent.id)?.(whole as Reply);
}

const acknowledge = async (
  sent: Sent,
  timestampMs = clock.nowMs() + path.offsetMs,
): Promise<void> => {
  sent.produce.acknowledge({ partition: 0, timestampMs });
  await settled();
};

describe('a record that stays in the local queue', () => {
  it('is taken back and refused with GW_008 within 2 s', async () => {
    path.canTakeBack = true;
    const sent = await submit();
    await pass(1_750);
    expect(codeOf(sent)).toBeUndefined();
    await pass(200);
    expect(sent.outcome).toMatchObject({ code: 'GW_008', retryAfterSeconds: 1, params: {} });
    expect(path.takenBack).toEqual([sent.produce.record]);
  });

  it('is refused within 2 s of its request also when auth was asked about the key before', async () => {
    path.canTakeBack = true;
    const before = await submit();
    const lookedUp = await submit(undefined, 1_500);
    await pass(350);
    expect([codeOf(before), codeOf(lookedUp)]).toEqual([undefined, 'GW_008']);
  });

  it('is not refused once it was handed over: it is repeated 10 s, and ends with its outcome', async () => {
    const sent = await submit();
    expect(sent.produce.deadlineMs).toBe(clock.nowMs() + 10_000);
    await pass(9_000);
    expect(codeOf(sent)).toBeUndefined();
    reply(sent, { kind: 'accepted' });
    await settled();
    expect(codeOf(sent)).toBe('accepted');
  });

  it('is refused with GW_008 when the producer gave it up without handing it over', async () => {
    const sent = await submit();
    sent.produce.fail(new ProduceExpiredError(false));
    await settled();
    expect(codeOf(sent)).toBe('GW_008');
  });
});

describe('a record that was handed over', () => {
  it('is awaited until its stamp, its time to live and 11 s, then is GW_010 with its id', async () => {
    path.offsetMs = 250;
    const sent = await submit();
    await pass(400);
    const stampMs = clock.nowMs() + path.offsetMs - 100;
    await acknowledge(sent, stampMs);
    await pass(TTL_MS + 11_000 - 150);
    expect(codeOf(sent)).toBeUndefined();
    await pass(100);
    expect(sent.outcome).toEqual({
      kind: 'refused',
      messageId: sent.id,
      isReplayed: false,
      code: 'GW_010',
      params: { message_id: `msg_${sent.id}` },
    });
    expect(path.listeners.size).toBe(0);
  });

  it('is awaited from the moment of giving up when it was never acknowledged', async () => {
    const sent = await submit();
    await pass(10_000);
    sent.produce.fail(new ProduceExpiredError(true));
    await settled();
    await pass(TTL_MS + 10_950);
    expect(codeOf(sent)).toBeUndefined();
    await pass(100);
    expect(codeOf(sent)).toBe('GW_010');
  });

  it('takes an unknown failure of the producer for one of a record that may be in the log', async () => {
    const sent = await submit();
    sent.produce.fail(new Error('anything'));
    await settled();
    await pass(TTL_MS + 10_950);
    expect(codeOf(sent)).toBeUndefined();
    await pass(100);
    expect(codeOf(sent)).toBe('GW_010');
  });

  it('is answered even when the producer neither acknowledges nor fails', async () => {
    const sent = await submit();
    await pass(31_500);
    expect(codeOf(sent)).toBeUndefined();
    await pass(1_000);
    expect(codeOf(sent)).toBe('GW_010');
  });

  it('takes a reply that comes before its acknowledgement', async () => {
    const sent = await submit();
    reply(sent, { kind: 'refused', code: 'BILL_001', from: 'billing' } as never);
    await acknowledge(sent);
    expect(codeOf(sent)).toBe('BILL_001');
    await pass(40_000);
    expect(codeOf(sent)).toBe('BILL_001');
  });

  it('is not given up for a reply that came while the process stood still', async () => {
    const sent = await submit();
    await acknowledge(sent);
    clock.advance(30_000);
    submissions.sweep();
    reply(sent, { kind: 'accepted' });
    await settled();
    expect(codeOf(sent)).toBe('accepted');
  });
});

describe('bounds', () => {
  it('refuse with GW_008 at once, for an application and in all, and make room again', async () => {
    const first = await submit();
    await submit();
    await submit();
    expect(codeOf(await submit())).toBe('GW_008');
    expect(codeOf(await submit(OTHER_APP))).toBeUndefined();
    expect(codeOf(await submit(OTHER_APP))).toBeUndefined();
    expect(codeOf(await submit(OTHER_APP))).toBe('GW_008');
    expect(path.produces).toHaveLength(5);
    reply(first, { kind: 'accepted' });
    expect(codeOf(await submit())).toBeUndefined();
  });
});

describe('the breaker of a partition', () => {
  it('refuses at once when the dispatcher has been silent 2 s, and only there', async () => {
    await acknowledge(await submit());
    await pass(1_950);
    expect(codeOf(await submit())).toBeUndefined();
    await pass(100);
    expect(codeOf(await submit())).toBe('GW_008');
    expect(codeOf(await submit(OTHER_APP))).toBeUndefined();
  });

  it('does not count replies of other stages as a sign of life', async () => {
    const first = await submit();
    const second = await submit();
    await pass(1_900);
    reply(second, { kind: 'refused', code: 'RATE_001', from: 'rate-limiter' } as never);
    await pass(150);
    expect(codeOf(first)).toBeUndefined();
    expect(codeOf(await submit())).toBe('GW_008');
  });

  it('stays closed for calls that are reported running', async () => {
    const sent = await submit();
    await acknowledge(sent);
    await pass(1_000);
    reply(sent, { kind: 'running' });
    await pass(8_000);
    expect(codeOf(await submit())).toBeUndefined();
    expect(codeOf(sent)).toBeUndefined();
  });

  it("lets one request a second through and closes with the dispatcher's next reply", async () => {
    const first = await submit();
    await pass(2_050);
    expect(codeOf(await submit())).toBe('GW_008');
    await pass(1_000);
    const probe = await submit();
    expect(codeOf(probe)).toBeUndefined();
    expect(codeOf(await submit())).toBe('GW_008');
    reply(probe, { kind: 'accepted' });
    expect(codeOf(await submit())).toBeUndefined();
    expect(codeOf(first)).toBeUndefined();
  });

  it('does not open because the process itself stood still', async () => {
    const sent = await submit();
    clock.advance(5_000);
    submissions.sweep();
    expect(codeOf(await submit())).toBeUndefined();
    reply(sent, { kind: 'accepted' });
    await pass(1_000);
    expect(codeOf(await submit())).toBeUndefined();
  });
});
