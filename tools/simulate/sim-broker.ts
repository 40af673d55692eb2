import type { GroupName, TopicName } from '@gateway/contracts';
import {
  BatchRunner,
  ProduceExpiredError,
  type Acknowledgement,
  type HandledTopic,
  type InboundRecord,
  type OutboundRecord,
  type RecordProducer,
} from '@gateway/messaging';
import { never, type SimProcess, type Surroundings } from './sim-process';

const PARTITIONS = 2;

const FETCH_MAX = 5;
const COMMIT_AFTER_MS = 200;
const RETRY_AFTER_MS = 100;
const REBALANCE_MS = 300;

/** One consumer of a group: the product's own runner, fed by the simulated log. */
interface Member {
  readonly process: SimProcess;
  readonly runner: BatchRunner;
  /** Next offset to fetch, of each partition that it holds. */
  readonly positions: Map<number, number>;
}

interface Group {
  readonly topic: TopicName;
  readonly members: Member[];
  readonly committed: number[];
  isRebalancing: boolean;
}

/**
 * Kafka as far as the product can see it: partitions keep their order, groups keep committed offsets, partitions move,
 * produces are delayed, repeated and reordered between partitions, and a member that lost a partition may not know yet.
 */
export class SimBroker {
  private readonly logs = new Map<TopicName, InboundRecord[][]>();
  private readonly groups = new Map<GroupName, Group>();

  constructor(
    private readonly world: Surroundings,
    private readonly violated: (text: string) => void,
  ) {}

  partitionOf(key: string): number {
    let hash = 0;
    for (const character of key) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
    return hash % PARTITIONS;
  }

  append(record: OutboundRecord): InboundRecord {
    const partition = this.partitionOf(record.key);
    const log = this.logOf(record.topic)[partition] ?? [];
    const { topic, key, value, headers } = record;
    const appended: InboundRecord = {
      topic,
      partition,
      offset: BigInt(log.length),
      timestampMs: Math.floor(this.world.time.nowMs()),
      key,
      value: typeof value === 'string' ? Buffer.from(value) : value,
      headers: headers ?? {},
    };
    log.push(appended);
    for (const group of this.groups.values()) {
      if (group.topic !== topic) continue;
      for (const member of group.members)
        if (member.positions.has(partition)) this.feed(group, member, partition);
    }
    return appended;
  }

  /** A process joins the group; partitions are dealt anew. */
  join(process: SimProcess, handled: HandledTopic): void {
    const { group: name } = handled.options;
    const group = this.groupOf(name, handled.topic);
    const runner: BatchRunner = new BatchRunner(
      handled,
      {
        deadLetter: (_group, { offset }, reason) => {
          this.violated(`I3: ${name} sent record ${offset} to the dead letter: ${reason}`);
          return Promise.resolve();
        },
        onFinished: (partition) => {
          this.commitLater(group, member, partition, COMMIT_AFTER_MS);
        },
        onAwaited: (partition) => {
          this.commitLater(group, member, partition, 1);
        },
        onFatal: (error) => {
          this.violated(`I10: ${name} ends: ${String(error)}`);
        },
      },
      NO_EVENTS,
    );
    const member: Member = { process, runner, positions: new Map() };
    group.members.push(member);
    process.atDeath(() => {
      for (const partition of member.positions.keys()) runner.revoke(partition);
      group.members.splice(group.members.indexOf(member), 1);
      this.rebalance(group);
    });
    this.rebalance(group);
  }

  /** Partitions of a random group move, as after a missed heartbeat. */
  disturb(): void {
    const groups = [...this.groups.values()].filter(({ members }) => members.length > 0);
    const group = groups[Math.floor(this.world.random() * groups.length)];
    if (group) this.rebalance(group);
  }

  /** Everything is read and committed. */
  get isQuiet(): boolean {
    return [...this.groups.values()].every(({ topic, committed }) =>
      this.logOf(topic).every((log, partition) => (committed[partition] ?? 0) >= log.length),
    );
  }

  messageIdsIn(topic: TopicName): readonly string[] {
    return this.logOf(topic)
      .flat()
      .map(({ headers }) => String(headers['x-message-id']));
  }

  private logOf(topic: TopicName): InboundRecord[][] {
    let log = this.logs.get(topic);
    if (!log) {
      log = Array.from({ length: PARTITIONS }, () => []);
      this.logs.set(topic, log);
    }
    return log;
  }

  private groupOf(name: GroupName, topic: TopicName): Group {
    let group = this.groups.get(name);
    if (!group) {
      const committed = Array.from({ length: PARTITIONS }, () => 0);
      group = { topic, members: [], committed, isRebalancing: false };
      this.groups.set(name, group);
    }
    return group;
  }

  private rebalance(group: Group): void {
    if (group.isRebalancing) return;
    group.isRebalancing = true;
    this.world.time.after(this.world.random() * REBALANCE_MS, () => {
      group.isRebalancing = false;
      const shift = Math.floor(this.world.random() * PARTITIONS);
      for (let partition = 0; partition < PARTITIONS; partition += 1) {
        const owner = group.members[(partition + shift) % group.members.length];
        this.assign(group, partition, owner);
      }
    });
  }

  private assign(group: Group, partition: number, owner: Member | undefined): void {
    for (const member of group.members) {
      if (member === owner || !member.positions.has(partition)) continue;
      member.positions.delete(partition);
      // It learns of it with its next heartbeat; until then it goes on with what it has.
      this.world.time.after(this.world.random() * REBALANCE_MS, () => {
        if (!member.positions.has(partition)) member.runner.revoke(partition);
      });
    }
    if (!owner || owner.positions.has(partition)) return;
    owner.runner.revoke(partition);
    owner.positions.set(partition, group.committed[partition] ?? 0);
    this.feed(group, owner, partition);
  }

  private feed(group: Group, member: Member, partition: number): void {
    this.world.time.after(this.world.random() * 10, () => {
      const position = member.positions.get(partition);
      if (position === undefined || !member.process.isAlive) return;
      const records =
        this.logOf(group.topic)[partition]?.slice(position, position + FETCH_MAX) ?? [];
      if (records.length === 0) return;
      member.positions.set(partition, position + records.length);
      void member.runner.push(records);
      this.feed(group, member, partition);
    });
  }

  private commitLater(group: Group, member: Member, partition: number, maxMs: number): void {
    this.world.time.after(this.world.random() * maxMs, () => {
      const position = member.runner.position(partition);
      const isOwner = member.process.isAlive && member.positions.has(partition);
      if (!isOwner || position === null) return;
      group.committed[partition] = Math.max(group.committed[partition] ?? 0, Number(position));
      member.runner.confirm(partition, position);
    });
  }
}

const NO_EVENTS = {
  called: () => undefined,
  retried: () => undefined,
  deadLettered: () => undefined,
  journeyNotEnded: () => undefined,
};

/** A process' producer: in order for each partition, repeated until acknowledged, so that some records come twice. */
export class SimProducer implements RecordProducer {
  private readonly tails = new Map<string, Promise<unknown>>();
  readonly queued = 0;

  constructor(
    private readonly process: SimProcess,
    private readonly broker: SimBroker,
  ) {}

  send(
    record: OutboundRecord,
    { deadlineMs = Infinity }: { readonly deadlineMs?: number } = {},
  ): Promise<Acknowledgement> {
    const name = `${record.topic} ${this.broker.partitionOf(record.key)}`;
    const sent = (this.tails.get(name) ?? Promise.resolve()).then(() =>
      this.untilAcknowledged(record, deadlineMs),
    );
    this.tails.set(
      name,
      sent.catch(() => undefined), // the caller hears of it; the next one goes on
    );
    return sent;
  }

  async sendAll(
    records: readonly OutboundRecord[],
    options?: { readonly deadlineMs?: number },
  ): Promise<void> {
    await Promise.all(records.map((record) => this.send(record, options)));
  }

  takeBack(): boolean {
    return false;
  }

  private async untilAcknowledged(
    record: OutboundRecord,
    deadlineMs: number,
  ): Promise<Acknowledgement> {
    const { time, random, weather } = this.process.world;
    for (;;) {
      const drawn = random();
      const isLost = drawn < weather.produceLost;
      // Lost on the way there, or only its acknowledgement.
      const isAppended = !isLost || drawn < weather.produceLost / 2;
      const appended = await this.process.cross(`produce ${record.topic}`, () =>
        isAppended ? this.broker.append(record) : null,
      );
      if (appended && !isLost) return appended;
      await this.process.pause(RETRY_AFTER_MS);
      if (!this.process.isAlive) return never();
      if (time.nowMs() > deadlineMs) throw new ProduceExpiredError(true);
    }
  }
}
