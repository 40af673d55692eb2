import type { CommandService, GroupName } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import type { Logger, Sealer } from '@gateway/platform';
import type { HandledTopic } from './batch-runner';
import { storedBytes, storedReply, type CommandContext } from './command-handler.decorator';
import { failureOf, reasonOf } from './failure';
import {
  commandTopic,
  decodeOrigin,
  openCommand,
  sealAnswer,
  type CommandAnswer,
  type CommandOrigin,
  type SealedCommand,
} from './sealed-commands';
import type { Batch, BrokerClock, InboundRecord, ReplyChannel } from './types';

export type CommandMethod = (request: unknown, context: CommandContext) => Promise<unknown>;

interface CommandServerOptions {
  readonly service: CommandService;
  readonly methods: ReadonlyMap<string, CommandMethod>;
  readonly sealer: Sealer;
  readonly replies: ReplyChannel;
  readonly brokerClock: BrokerClock;
  readonly logger: Logger;
}

/** Commands carried out at once by one process; each is bound by its own store, not by this. */
const COMMANDS_AT_ONCE = 64;
const PAUSE_MS_MIN = 50;
const PAUSE_MS_MAX = 500;

interface OpenedCommand extends CommandOrigin, SealedCommand {}

/** Carries out the sealed commands of one service and answers each one. */
export class CommandServer {
  constructor(private readonly options: CommandServerOptions) {}

  /** The commands topic as a topic that is handled in batches. */
  handled(): HandledTopic {
    const group: GroupName = `${this.options.service}-commands`;
    return {
      topic: commandTopic(this.options.service),
      options: {
        group,
        concurrency: 2,
        recordsMax: COMMANDS_AT_ONCE,
        inFlightMax: COMMANDS_AT_ONCE,
      },
      handle: (batch) => {
        for (const record of batch.records) this.take(batch, record);
        return Promise.resolve();
      },
    };
  }

  private take(batch: Batch, record: InboundRecord): void {
    const opened = this.open(record);
    if (typeof opened === 'string') {
      batch.reject(record, opened);
      return;
    }
    if (this.leftMs(opened) < 0) return;
    const method = this.options.methods.get(opened.command);
    if (method) batch.defer(record, this.carryOut(opened, method));
    else batch.reject(record, 'unknown command');
  }

  /** The command, or why the record is none; the reason holds nothing of the content. */
  private open(record: InboundRecord): OpenedCommand | string {
    const origin = decodeOrigin(record.headers);
    if (!origin) return 'missing or malformed headers';
    try {
      return { ...origin, ...openCommand(this.options.sealer, record, origin.correlationId) };
    } catch (error) {
      return error instanceof SyntaxError ? 'the sealed bytes are no JSON' : reasonOf(error);
    }
  }

  /** How long somebody still waits for the answer; below 0 nobody does. */
  private leftMs({ sentAtMs, timeoutMs }: SealedCommand): number {
    return sentAtMs + timeoutMs - this.options.brokerClock.nowMs();
  }

  private async carryOut(command: OpenedCommand, method: CommandMethod): Promise<void> {
    const sealed = await this.answerTo(command, method);
    this.options.replies.send(
      command.replyPartition,
      command.correlationId,
      { kind: 'command', from: this.options.service, sealed },
      command.sentAtMs + command.timeoutMs,
    );
  }

  private async answerTo(command: OpenedCommand, method: CommandMethod): Promise<Buffer> {
    const { correlationId } = command;
    const { sealer } = this.options;
    const context: CommandContext = {
      correlationId,
      seal: (reply) => sealAnswer(sealer, correlationId, { reply: reply ?? null }),
      stored: storedReply,
    };
    for (let pauseMs = PAUSE_MS_MIN; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX)) {
      try {
        const result = await method(command.request, context);
        return storedBytes(result) ?? context.seal(result);
      } catch (error) {
        const isRetryable = failureOf(error) === 'retry' && !(error instanceof AppError);
        // An answer that comes after its time is no answer: refuse while somebody still waits.
        if (!isRetryable || this.leftMs(command) < 2 * pauseMs) {
          return sealAnswer(sealer, correlationId, this.refusal(command, error));
        }
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }

  private refusal({ command, correlationId }: OpenedCommand, error: unknown): CommandAnswer {
    if (error instanceof AppError) return { error: { code: error.code, params: error.params } };
    const code = failureOf(error) === 'retry' ? 'GW_008' : 'GW_500';
    const { service } = this.options;
    this.options.logger.error(
      { err: error, service, command, correlationId, code },
      'command.failed',
    );
    return { error: { code, params: {} } };
  }
}
