import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@gateway/errors';
import { ConfigError, isProduction } from '@gateway/platform';
import { readFreeNumber } from './domain/free-number';
import { EDGE_CONFIG, type EdgeConfig } from './edge.config';
import type { SimulatorNumberDto } from './simulator.dto';

const TIMEOUT_MS = 1_800;
const RETRY_AFTER_SECONDS = 1;

/** The simulator in Meta's place, where an installation for a trial has one. */
@Injectable()
export class SimulatorService {
  readonly url: string | null;

  constructor(@Inject(EDGE_CONFIG) { simulatorUrl }: Pick<EdgeConfig, 'simulatorUrl'>) {
    if (simulatorUrl !== undefined && isProduction()) {
      throw new ConfigError(['SIMULATOR_URL is for trials: production sends to Meta']);
    }
    this.url = simulatorUrl ?? null;
  }

  /**
   * A phone number that nobody has, with what connects it.
   *
   * @throws AppError GW_404 without a simulator, GW_008 when it does not answer
   */
  async takeNumber(): Promise<SimulatorNumberDto> {
    if (this.url === null) throw new AppError('GW_404');
    try {
      const response = await fetch(`${this.url}/_simulator/phone-numbers/free`, {
        method: 'POST',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const number = response.ok ? readFreeNumber(await response.json()) : null;
      if (number !== null) return number;
      throw new Error(`the simulator answered ${response.status} and no phone number`);
    } catch (cause) {
      throw new AppError('GW_008', { cause, retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
  }
}
