import { ServerKafka } from '@nestjs/microservices';
import { createLogger, type Logger } from '@gateway/platform';
import { handledTopics } from './handler-registry';
import type { KafkaConsumer } from './kafka-consumer';
import type { KafkaTransport } from './kafka-transport';
import { RunnerMetrics, showLag } from './runner-metrics';

interface KafkaServerOptions {
  readonly logger?: Logger;
  /** How long handlers may finish what is in flight at shutdown. */
  readonly drainTimeoutMs?: number;
}

const DRAIN_TIMEOUT_MS = 10_000;

/**
 * Nest's Kafka server with batches instead of messages: decorators, discovery and life cycle are Nest's; each group
 * of the process is a consumer of its own, so that a slow topic holds up no other.
 */
export class KafkaServer extends ServerKafka {
  private consumers: readonly KafkaConsumer[] = [];
  private stopShowingLag: (() => void) | undefined;
  private readonly log: Logger;

  constructor(
    private readonly transport: KafkaTransport,
    private readonly serverOptions: KafkaServerOptions,
  ) {
    super({ client: { brokers: [...transport.config.brokers] }, postfixId: '' });
    this.log = serverOptions.logger ?? createLogger({ service: 'messaging', level: 'info' });
  }

  /** Checks the handlers against the list, then joins all groups; resolves when the last one has. */
  override async listen(
    callback: (error?: unknown, ...optionalParams: unknown[]) => void,
  ): Promise<void> {
    try {
      const events = new RunnerMetrics(this.log);
      const topics = handledTopics(this.messageHandlers, this.transport);
      this.consumers = topics.map((handled) => this.transport.consumer(handled, events));
      this.stopShowingLag = showLag(
        () => this.consumers.map(({ runner }) => runner),
        () => this.transport.brokerClock.nowMs(),
      );
      await Promise.all(this.consumers.map((consumer) => consumer.start()));
    } catch (error) {
      callback(error);
      return;
    }
    callback();
  }

  /** Takes no more, lets what is in flight finish, commits it, leaves the groups. */
  override async close(): Promise<void> {
    const timeoutMs = this.serverOptions.drainTimeoutMs ?? DRAIN_TIMEOUT_MS;
    await Promise.all(this.consumers.map((consumer) => consumer.close(timeoutMs)));
    this.stopShowingLag?.();
  }

  override unwrap(): never {
    throw new Error('the groups of this server have a client each');
  }
}

/** A strategy for `connectMicroservice` over Apache Kafka. */
export const kafkaServer = (
  transport: KafkaTransport,
  options: KafkaServerOptions = {},
): KafkaServer => new KafkaServer(transport, options);
