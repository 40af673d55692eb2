import { Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { createLogger, type Logger } from '@gateway/platform';
import { BatchRunner, type HandledTopic } from './batch-runner';
import { handledTopics } from './handler-registry';
import type { MemoryTransport } from './memory-transport';
import { RunnerMetrics, showLag } from './runner-metrics';

interface MemoryServerOptions {
  readonly logger?: Logger;
  /** A failure that no retry mends: the process has to end; unless given, it exits with status 1. */
  readonly onFatal?: (error: unknown) => void;
  /** How long handlers may finish what is in flight at shutdown. */
  readonly drainTimeoutMs?: number;
}

const DRAIN_TIMEOUT_MS = 10_000;

/** Nest's transport strategy over the in-process broker. */
export class MemoryServer extends Server implements CustomTransportStrategy {
  override readonly transportId = Symbol('memory');
  override readonly propagatesEventHandlerErrors = true;
  private runners: readonly BatchRunner[] = [];
  private stopShowingLag: (() => void) | undefined;
  private readonly log: Logger;

  constructor(
    private readonly transport: MemoryTransport,
    private readonly options: MemoryServerOptions,
  ) {
    super();
    this.log = options.logger ?? createLogger({ service: 'messaging', level: 'info' });
  }

  /** Checks the handlers against the list, then hands them what has gathered. */
  listen(callback: (error?: unknown) => void): void {
    try {
      this.start(handledTopics(this.messageHandlers, this.transport));
    } catch (error) {
      callback(error);
      return;
    }
    callback();
  }

  /** Lets what is in flight finish, stage after stage; what is left then is lost with the process, unacknowledged. */
  async close(): Promise<void> {
    const deadlineMs = Date.now() + (this.options.drainTimeoutMs ?? DRAIN_TIMEOUT_MS);
    while (this.isBusy() && Date.now() < deadlineMs) {
      await settledWithin(
        Promise.all(this.runners.map((runner) => runner.idle())),
        deadlineMs - Date.now(),
      );
      // What a handler of one stage produced is with the next one a tick later.
      await new Promise(setImmediate);
    }
    for (const runner of this.runners) {
      const { topic, options } = runner.handled;
      this.transport.topic(topic).unsubscribe(options.group);
      await runner.drain(0);
    }
    this.runners = [];
    this.stopShowingLag?.();
  }

  on(): void {
    throw new Error('the in-process broker has no events');
  }

  unwrap(): never {
    throw new Error('the in-process broker has no client of its own');
  }

  private start(topics: readonly HandledTopic[]): void {
    const events = new RunnerMetrics(this.log);
    this.runners = topics.map((handled) => this.runnerOf(handled, events));
    for (const runner of this.runners) {
      const { topic, options } = runner.handled;
      this.transport.topic(topic).subscribe(options.group, runner);
    }
    this.transport.forgetAbsentGroups();
    this.stopShowingLag = showLag(
      () => this.runners,
      () => this.transport.brokerClock.nowMs(),
    );
  }

  private runnerOf(handled: HandledTopic, events: RunnerMetrics): BatchRunner {
    const topic = this.transport.topic(handled.topic);
    const { group } = handled.options;
    const runner: BatchRunner = new BatchRunner(
      handled,
      {
        deadLetter: (...letter) => this.transport.deadLetter(...letter),
        // Nothing is durable here: finished is committed.
        onFinished: (partition, position) => {
          runner.confirm(partition, position);
          topic.finished(group, partition, position);
        },
        onFatal: (error) => {
          this.end(error);
        },
      },
      events,
    );
    return runner;
  }

  private isBusy(): boolean {
    return this.transport.producer.queued > 0 || this.runners.some(({ inFlight }) => inFlight > 0);
  }

  private end(error: unknown): void {
    this.log.fatal({ err: error }, 'messaging.fatal');
    if (this.options.onFatal) this.options.onFatal(error);
    else process.exit(1);
  }
}

/** A strategy for `connectMicroservice` over the in-process broker. */
export const memoryServer = (
  transport: MemoryTransport,
  options: MemoryServerOptions = {},
): MemoryServer => new MemoryServer(transport, options);

async function settledWithin(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise((resolve) => {
    timer = setTimeout(resolve, Math.max(0, timeoutMs));
  });
  await Promise.race([work, timeout]);
  clearTimeout(timer);
}
