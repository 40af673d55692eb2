import type { ServiceName } from '@gateway/contracts';
import type { HandledTopic } from '@gateway/messaging';
import type { Random } from '@gateway/platform';
import type { MessagesService } from '../../apps/dispatcher/src/messages.service';
import type { SubmissionsService } from '../../apps/edge/src/submissions.service';
import { between, seeded, type Seeded } from '../faults/seeded';
import { violationsAtEnd } from './checks';
import { SimBroker } from './sim-broker';
import { callerOf, edge, type Operation } from './sim-clients';
import { SimDatabase } from './sim-database';
import { SimInstances, SimKeys, SimMessages } from './sim-dispatcher-stores';
import { SimHolds, SimRateCards } from './sim-holds';
import { SimMeta, SimMetaClient } from './sim-meta';
import { simMessaging, SimReplies } from './sim-messaging';
import { FAIR, SimProcess, type Surroundings, type Weather } from './sim-process';
import { billing, dispatcher, rateLimiter } from './sim-services';
import { VirtualTime } from './virtual-time';

const ORGS = ['00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-00000000000b'];
const APPS = ['00000000-0000-7000-8000-0000000000a1', '00000000-0000-7000-8000-0000000000b1'];
const CREDIT_MICRO_USD = 1_000_000n;
const PROCESSES: readonly ServiceName[] = [
  'edge',
  'rate-limiter',
  'billing',
  'dispatcher',
  'dispatcher',
];

const MESSAGES_MAX = 16;
const STORM_MS = 8_000;
const RESTART_MS = 600;
/** Virtual milliseconds after the storm within which everything has ended: a hold's question comes after 25 s. */
const CALM_MS = 90_000;

export interface Outcome {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly trace: readonly string[];
  readonly messages: number;
  readonly deaths: number;
}

/** The whole send path in one run: a storm in which anything may break anywhere, then calm, then the checks. */
export async function simulate(seed: number): Promise<Outcome> {
  const simulation = new Simulation(seed);
  return simulation.run();
}

class Simulation {
  private readonly random: Seeded;
  private readonly time: VirtualTime;
  private readonly violations: string[] = [];
  private readonly trace: string[] = [];
  private readonly surroundings: Surroundings;
  private readonly broker: SimBroker;
  private readonly database: SimDatabase;
  private readonly meta: SimMeta;
  private readonly replies = new SimReplies();
  private readonly dispatchers = new Map<SimProcess, MessagesService>();
  private readonly operations: Operation[] = [];
  private readonly refused = new Set<string>();
  private readonly processes: SimProcess[] = [];
  private front: SubmissionsService | null = null;
  private deaths = 0;

  constructor(private readonly seed: number) {
    this.random = seeded(seed);
    this.time = new VirtualTime(this.random);
    const violated = (text: string): void => {
      this.violations.push(text);
      this.note(text);
    };
    this.surroundings = {
      time: this.time,
      random: this.random,
      weather: stormOf(this.random),
      trace: (line) => {
        this.note(line);
      },
    };
    this.broker = new SimBroker(this.surroundings, violated);
    this.database = new SimDatabase(ORGS, CREDIT_MICRO_USD, violated);
    this.meta = new SimMeta(violated);
  }

  async run(): Promise<Outcome> {
    const restore = this.time.install();
    try {
      PROCESSES.forEach((service, index) => {
        this.start(service, index);
      });
      this.offerLoad();
      await this.time.run(() => this.violations.length > 0, STORM_MS);
      this.surroundings.weather = FAIR;
      this.note('calm');
      const isQuiet = await this.time.run(() => this.isOver(), CALM_MS);
      if (!isQuiet) this.violations.push('I3: not everything has ended');
    } finally {
      restore();
    }
    const { database, meta, operations, seed, trace } = this;
    const violations =
      this.violations.length > 0
        ? this.violations
        : violationsAtEnd({
            database,
            meta,
            operations,
            refused: this.refused,
            funded: this.broker.messageIdsIn('message.funded.v1'),
          });
    return { seed, violations, trace, messages: operations.length, deaths: this.deaths };
  }

  private isOver(): boolean {
    return (
      this.violations.length > 0 ||
      (this.operations.every(({ isEnded }) => isEnded) &&
        this.broker.isQuiet &&
        [...this.database.messages.values()].every(({ state }) => state !== 'sending') &&
        [...this.database.holds.values()].every(({ unknownSinceMs }) => unknownSinceMs !== null))
    );
  }

  /** A process, started again a little after each death. */
  private start(service: ServiceName, index: number): void {
    const process = new SimProcess(service, `${service}-${index}`, this.surroundings);
    this.processes[index] = process;
    process.atDeath(() => {
      this.deaths += 1;
      this.dispatchers.delete(process);
      this.time.after(between(this.random, 50, RESTART_MS), () => {
        this.start(service, index);
      });
    });
    const messaging = simMessaging(process, this.broker, this.replies, {
      partition: index,
      dispatchers: () => [...this.dispatchers.values()],
    });
    if (service === 'edge') this.front = this.openEdge(process, messaging);
    else if (service === 'rate-limiter') this.join(process, rateLimiter(messaging, this.time));
    else if (service === 'billing') {
      const stores = {
        holds: new SimHolds(process, this.database),
        rateCards: new SimRateCards(process),
      };
      this.join(process, billing(process, messaging, stores, this.time));
    } else this.startDispatcher(process, messaging);
  }

  private startDispatcher(process: SimProcess, messaging: Parameters<typeof dispatcher>[1]): void {
    const messages = new SimMessages(process, this.database);
    const stores = {
      messages,
      instances: new SimInstances(process, this.database),
      keys: new SimKeys(process, this.database, messages),
      meta: new SimMetaClient(process, this.meta),
      onRefused: (messageId: string) => this.refused.add(messageId),
    };
    const opened = dispatcher(process, messaging, stores, this.bytes);
    opened.start().then(
      () => {
        this.dispatchers.set(process, opened.messages);
        this.join(process, opened.handled);
      },
      () => {
        process.die('at its start');
      },
    );
  }

  private openEdge(process: SimProcess, messaging: Parameters<typeof edge>[1]): SubmissionsService {
    process.atDeath(() => {
      this.front = null;
      for (const operation of this.operations) operation.isEnded = true;
    });
    return edge(process, messaging, this.time, this.bytes);
  }

  private join(process: SimProcess, topics: readonly HandledTopic[]): void {
    if (!process.isAlive) return;
    for (const topic of topics) this.broker.join(process, topic);
  }

  private offerLoad(): void {
    for (let index = 0; index < MESSAGES_MAX; index += 1) {
      const key = this.random() < 0.3 ? `key-${Math.floor(index / 4)}` : undefined;
      this.time.after(this.random() * STORM_MS * 0.8, () => {
        this.submit(index % ORGS.length, key);
      });
    }
    for (let count = 0; count < 3; count += 1) {
      this.time.after(this.random() * STORM_MS, () => {
        this.broker.disturb();
      });
    }
  }

  private submit(tenant: number, key: string | undefined): void {
    const { front } = this;
    const orgId = ORGS[tenant];
    const appId = APPS[tenant];
    if (!front || orgId === undefined || appId === undefined) return;
    const operation: Operation = { orgId, key, outcome: null, isEnded: false };
    this.operations.push(operation);
    const request = {
      body: Buffer.from(
        `{"to":"1","type":"text","text":{"body":"${key ?? this.operations.length}"}}`,
      ),
      facts: { type: 'text', recipient: '1', isRecipientRewritten: false },
      flags: { isFake: false, isMmlite: false },
      idempotencyKey: key,
    } as const;
    void front.submit(callerOf(orgId, appId), request).then((outcome) => {
      if (operation.isEnded) return;
      operation.isEnded = true;
      operation.outcome = outcome;
      this.note(
        `${outcome.messageId ?? 'a message'} is answered ${outcome.kind === 'accepted' ? '200' : outcome.code}`,
      );
      this.checkAnswer(operation);
    });
  }

  /** I1 at the moment of the answer: what is said must be durable by then. */
  private checkAnswer({ outcome, orgId }: Operation): void {
    if (outcome?.kind !== 'accepted') return;
    const row = this.database.messages.get(outcome.messageId);
    if (row?.state === 'accepted' && row.orgId === orgId) return;
    this.violations.push(
      `I1: ${outcome.messageId} was answered 200 and is ${row?.state ?? 'nowhere'}`,
    );
  }

  private note(text: string): void {
    this.trace.push(`${(this.time.nowMs() % 1_000_000).toFixed(1).padStart(9)} ms  ${text}`);
  }

  private readonly bytes: Random = {
    bytes: (size) =>
      Buffer.from(Array.from({ length: size }, () => Math.floor(this.random() * 256))),
  };
}

/** Some seeds are mild, some are not: a storm of everything hides what a single fault shows. */
const stormOf = (random: Seeded): Weather => ({
  crash: random() < 0.7 ? random() * 0.02 : 0,
  storeError: random() < 0.5 ? random() * 0.1 : 0,
  produceLost: random() < 0.5 ? random() * 0.2 : 0,
  replyLost: random() < 0.3 ? random() * 0.2 : 0,
  metaFault: random() < 0.6 ? random() * 0.5 : 0,
});
