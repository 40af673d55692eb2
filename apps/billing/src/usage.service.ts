import {
  countedRange,
  type CountedRange,
  type InsightsRange,
  type UsageOfApplication,
  type UsageOfPeriod,
} from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { isRetryableDatabaseError } from '@gateway/platform';
import { Injectable } from '@nestjs/common';
import { UsageStore } from './usage.store';

/** What an organization was charged for, summed. */
@Injectable()
export class UsageService {
  constructor(private readonly store: UsageStore) {}

  /** @throws AppError GW_003, GW_008 when the store does not answer in time */
  byPeriod(request: InsightsRange): Promise<UsageOfPeriod[]> {
    return answered(request, (range) => this.store.byPeriod(range));
  }

  /** @throws AppError as `byPeriod` */
  byApplication(request: InsightsRange): Promise<UsageOfApplication[]> {
    return answered(request, (range) => this.store.byApplication(range));
  }
}

async function answered<T>(
  request: InsightsRange,
  work: (range: CountedRange) => Promise<T>,
): Promise<T> {
  const range = countedRange(request);
  if (range === null) throw new AppError('GW_003');
  try {
    return await work(range);
  } catch (error) {
    throw isRetryableDatabaseError(error) ? new AppError('GW_008', { cause: error }) : error;
  }
}
