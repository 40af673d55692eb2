import type { Reply, ServiceName } from '@gateway/contracts';
import type { Messaging } from '@gateway/messaging';
import type { MessagesService } from '../../apps/dispatcher/src/messages.service';
import { SimProducer, type SimBroker } from './sim-broker';
import { never, type SimProcess } from './sim-process';

/** Who answers `outcomes`: the dispatchers that live. */
export type Dispatchers = () => readonly MessagesService[];

/** Replies find the process that asks by its partition, unless they are lost. */
export class SimReplies {
  private readonly listeners = new Map<number, Map<string, (reply: Reply) => void>>();

  /** A new life of a process begins without what the one before waited for. */
  open(partition: number): Map<string, (reply: Reply) => void> {
    const listeners = new Map<string, (reply: Reply) => void>();
    this.listeners.set(partition, listeners);
    return listeners;
  }

  deliver(partition: number, id: string, reply: Reply): void {
    this.listeners.get(partition)?.get(id)?.(reply);
  }
}

/** What a service's process talks with. */
export function simMessaging(
  process: SimProcess,
  broker: SimBroker,
  replies: SimReplies,
  { partition, dispatchers }: { readonly partition: number; readonly dispatchers: Dispatchers },
): Messaging {
  const { time, random } = process.world;
  const listeners = replies.open(partition);
  return {
    service: process.service satisfies ServiceName,
    producer: new SimProducer(process, broker),
    replies: {
      partition,
      send: (to, id, reply, expiresAtMs) => {
        void process.cross('reply', () => {
          if (time.nowMs() > expiresAtMs || random() < process.world.weather.replyLost) return;
          time.after(random() * 20, () => {
            replies.deliver(to, id, reply);
          });
        });
      },
      listen: (id, onReply) => {
        listeners.set(id, onReply);
        return () => listeners.delete(id);
      },
    },
    commands: {
      call: async (_service, _command, request) => {
        const [dispatcher] = dispatchers();
        if (!dispatcher) throw Object.assign(new Error('nobody answers'), { code: 'ETIMEDOUT' });
        const { messages } = request as {
          readonly messages: Parameters<MessagesService['settle']>[0];
        };
        const settled = await dispatcher.settle(messages);
        if (!process.isAlive) return never();
        return { settled } as never;
      },
    },
    tables: { read: () => never() },
    brokerClock: { offsetMs: 0, nowMs: () => time.nowMs() },
    partitionOf: (key) => broker.partitionOf(key),
    health: () => ({ isReady: true, reasons: [] }),
  };
}
