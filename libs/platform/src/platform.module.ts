import { Global, Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { CLOCK, systemClock, type Clock } from './clock';
import { HEALTH, HealthRegistry } from './health';
import { LOGGER, type Logger } from './logger';
import { RANDOM, systemRandom, type Random } from './random';

interface PlatformOptions {
  readonly logger: Logger;
  readonly health?: HealthRegistry;
  readonly clock?: Clock;
  readonly random?: Random;
  /** More that every module of the process shares, for example the transport. */
  readonly globals?: readonly Provider[];
  /** The modules of the services that run in this process. */
  readonly imports?: readonly (DynamicModule | Type)[];
}

/** What every service may inject: `LOGGER`, `HEALTH`, `CLOCK`, `RANDOM`. */
@Global()
@Module({})
export class PlatformModule {
  static forRoot(options: PlatformOptions): DynamicModule {
    const { logger, health, clock, random, globals = [], imports = [] } = options;
    const providers: Provider[] = [
      { provide: LOGGER, useValue: logger },
      { provide: HEALTH, useValue: health ?? new HealthRegistry() },
      { provide: CLOCK, useValue: clock ?? systemClock },
      { provide: RANDOM, useValue: random ?? systemRandom },
      ...globals,
    ];
    return {
      module: PlatformModule,
      imports: [...imports],
      providers,
      exports: providers.map((provider) =>
        typeof provider === 'function' ? provider : provider.provide,
      ),
    };
  }
}
