import { countedRange, type CommandReply, type CommandRequest } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { isRetryableDatabaseError, type Logger } from '@gateway/platform';
import type { CountsStore } from './counts.store';
import { outgoingCounts } from './domain/outgoing-counts';

const FOLD_INTERVAL_MS = 2_000;
const FOLDED_MAX = 20_000;

/** How many messages were sent and how they stand. */
export class CountsService {
  private timer: NodeJS.Timeout | undefined;
  private isFolding = false;

  constructor(
    private readonly store: CountsStore,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.fold(), FOLD_INTERVAL_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** @throws AppError GW_003, GW_008 when the store does not answer in time */
  async count(
    request: CommandRequest<'dispatcher', 'messages.count'>,
  ): Promise<CommandReply<'dispatcher', 'messages.count'>> {
    const range = countedRange(request);
    if (range === null) throw new AppError('GW_003');
    try {
      return outgoingCounts(await this.store.count(range));
    } catch (error) {
      throw isRetryableDatabaseError(error) ? new AppError('GW_008', { cause: error }) : error;
    }
  }

  /** Nothing hangs on when it happens: what is not moved yet is counted all the same. */
  private async fold(): Promise<void> {
    if (this.isFolding) return;
    this.isFolding = true;
    try {
      while ((await this.store.fold(FOLDED_MAX)) === FOLDED_MAX);
    } catch (error) {
      this.logger.warn({ err: error }, 'counts.not-moved');
    } finally {
      this.isFolding = false;
    }
  }
}
