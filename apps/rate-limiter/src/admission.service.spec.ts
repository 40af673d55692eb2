import { encodeJourney, type Journey, type Reply } from '@gateway/contracts';
import type { Batch, InboundRecord, Messaging, OutboundRecord } from '@gateway/messaging';
import { AdmissionService } from './admission.service';
import type { Verdict } from './domain/verdict';

const NOW_MS = 1_790_000_000_000;

const JOURNEY: Journey = {
  messageId: '018f0000-0000-7000-8000-000000000001',
  replyPartition: 3,
  ttlMs: 10_000,
  appId: '018f0000-0000-7000-8000-000000000002',
  orgId: '018f0000-0000-7000-8000-000000000003',
  keyId: '018f0000-0000-7000-8000-000000000004',
  type: 'text',
  isFake: false,
  isMmlite: false,
  isLate: false,
  limits: { perSecond: 80, perMinute: 4_800 },
};

const RECORD: InboundRecord = {
  topic: 'message.submitted.v1',
  partition: 0,
  offset: 1n,
  timestampMs: NOW_MS,
  key: JOURNEY.appId,
  value: Buffer.from('{}'),
  headers: encodeJourney(JOURNEY),
};

const refused = (isShared: boolean): Verdict => ({
  refusedBy: 'sec',
  secRemaining: 0,
  minRemaining: 7,
  retryAfterSeconds: 1,
  isShared,
});

function admit(verdict: Verdict) {
  const replies: { reply: Reply; expiresAtMs: number }[] = [];
  const forwarded: OutboundRecord[] = [];
  const messaging = {
    brokerClock: { nowMs: () => NOW_MS, offsetMs: 0 },
    producer: {
      sendAll: (records: readonly OutboundRecord[]) => {
        forwarded.push(...records);
        return Promise.resolve();
      },
    },
    replies: {
      send: (_partition: number, _id: string, reply: Reply, expiresAtMs: number) => {
        replies.push({ reply, expiresAtMs });
      },
    },
  } as unknown as Messaging;
  let commit: () => void = () => undefined;
  const committed = new Promise<void>((resolve) => {
    commit = resolve;
  });
  const batch: Batch = {
    records: [RECORD],
    defer: () => undefined,
    reject: () => undefined,
    committed: () => committed,
  };
  const service = new AdmissionService(
    { decide: (requests) => Promise.resolve(requests.map(() => verdict)) },
    messaging,
  );
  return { done: service.admit(batch), commit, committed, replies, forwarded };
}

describe('a refusal', () => {
  it('that other instances know is answered at once, and expires when nobody waits any more', async () => {
    const { done, replies, forwarded } = admit(refused(true));
    await done;
    expect(replies).toEqual([
      {
        reply: expect.objectContaining({ code: 'RATE_001' }) as Reply,
        expiresAtMs: NOW_MS + 21_000,
      },
    ]);
    expect(forwarded).toEqual([]);
  });

  it('that this process alone knows is answered once its record cannot come again', async () => {
    const { done, commit, committed, replies } = admit(refused(false));
    await done;
    await new Promise(setImmediate);
    expect(replies).toEqual([]);
    commit();
    await committed;
    expect(replies).toHaveLength(1);
  });
});
