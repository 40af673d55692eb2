import type { CommandName, CommandReply, CommandRequest, CommandService } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { uuidv7, type Logger, type Random, type Sealer } from '@gateway/platform';
import { CommandTimeoutError } from './failure';
import {
  commandTopic,
  encodeOrigin,
  openAnswer,
  sealCommand,
  type CommandAnswer,
} from './sealed-commands';
import type { BrokerClock, CommandClient, RecordProducer, ReplyChannel } from './types';

interface SealedCommandClientOptions {
  readonly producer: RecordProducer;
  readonly replies: ReplyChannel;
  readonly brokerClock: BrokerClock;
  readonly sealer: Sealer;
  readonly random: Random;
  readonly logger: Logger;
}

/** Sends sealed commands and waits for their sealed answers. */
export class SealedCommandClient implements CommandClient {
  constructor(private readonly options: SealedCommandClientOptions) {}

  async call<S extends CommandService, C extends CommandName<S>>(
    service: S,
    command: C,
    request: CommandRequest<S, C>,
    options: { readonly timeoutMs: number; readonly key?: string },
  ): Promise<CommandReply<S, C>> {
    const { brokerClock, random } = this.options;
    const sentAtMs = brokerClock.nowMs();
    const correlationId = uuidv7(sentAtMs, random);
    const answered = this.answer(correlationId, service, command, options.timeoutMs);
    this.send(
      { correlationId, service, key: options.key ?? correlationId },
      { command, request, sentAtMs, timeoutMs: options.timeoutMs },
    );
    const answer = await answered;
    if ('error' in answer) {
      throw new AppError(answer.error.code, { params: answer.error.params });
    }
    return answer.reply as CommandReply<S, C>;
  }

  /** A produce that fails until the deadline shows as an answer that does not come. */
  private send(
    to: { correlationId: string; service: CommandService; key: string },
    command: { command: string; request: unknown; sentAtMs: number; timeoutMs: number },
  ): void {
    const { producer, replies, brokerClock, sealer, logger } = this.options;
    const topic = commandTopic(to.service);
    const record = {
      topic,
      key: to.key,
      value: sealCommand(sealer, topic, to.correlationId, command),
      headers: encodeOrigin({
        correlationId: to.correlationId,
        replyPartition: replies.partition,
      }),
    };
    const deadlineMs = command.sentAtMs - brokerClock.offsetMs + command.timeoutMs;
    producer.send(record, { deadlineMs }).catch((error: unknown) => {
      const fields = { err: error, topic, command: command.command };
      logger.warn({ ...fields, correlationId: to.correlationId }, 'command.not-sent');
    });
  }

  private answer(
    correlationId: string,
    service: string,
    command: string,
    timeoutMs: number,
  ): Promise<CommandAnswer> {
    const { replies, sealer, logger } = this.options;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        stopListening();
        reject(new CommandTimeoutError(service, command, timeoutMs));
      }, timeoutMs);
      const stopListening = replies.listen(correlationId, (reply) => {
        if (reply.kind !== 'command') return;
        try {
          resolve(openAnswer(sealer, reply.sealed, correlationId));
        } catch (error) {
          // Forged or under a foreign key: whoever waits goes on waiting for the true one.
          logger.warn({ err: error, service, command, correlationId }, 'command.answer-not-opened');
          return;
        }
        clearTimeout(timer);
        stopListening();
      });
    });
  }
}
