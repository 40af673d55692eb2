import { countedRange, type CommandRequest, type IncomingCounts } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { isRetryableDatabaseError } from '@gateway/platform';
import type { CountsStore } from './counts.store';

/** How many messages came in. */
export class CountsService {
  constructor(private readonly store: CountsStore) {}

  /** @throws AppError GW_003, GW_008 when the store does not answer in time */
  async incoming(request: CommandRequest<'webhooks', 'messages.count'>): Promise<IncomingCounts[]> {
    const range = countedRange(request);
    if (range === null) throw new AppError('GW_003');
    try {
      return await this.store.incoming(range);
    } catch (error) {
      throw isRetryableDatabaseError(error) ? new AppError('GW_008', { cause: error }) : error;
    }
  }
}
