import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamicModule, Provider, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { HealthRegistry } from './health';
import { startHealthServer, type HealthServer } from './health.server';
import { configurePlatformHttp, httpAdapter } from './http';
import type { Logger } from './logger';
import { NestLogger } from './nest-logger';
import { PlatformModule } from './platform.module';
import { endOnSignals, endOnUnhandledErrors, runShutdown, type ShutdownStep } from './shutdown';
import { variable, type Variable } from './variable';

/** What of a transport the process itself deals with; a service's module connects it. */
interface ServiceTransport {
  /** Sends what is queued, then disconnects. */
  close(): Promise<void>;
}

export interface RunServiceOptions {
  readonly service: string;
  readonly module: DynamicModule | Type;
  readonly config: {
    /** 0 picks a free one. */
    readonly healthPort: number;
    /** Absent: the service has no public port. */
    readonly httpPort?: number;
    /** How long it goes on serving after it said that it is not ready any more; see `SHUTDOWN_VARIABLES`. */
    readonly shutdownDrainMs?: number;
  };
  readonly logger: Logger;
  readonly transport?: ServiceTransport;
  /** Hands records to the handlers of the modules; closed twice, the second time without effect. */
  readonly strategy?: CustomTransportStrategy;
  /** More that every module may inject, for example the transport by its token. */
  readonly globals?: readonly Provider[];
  /** Parsers, hooks and pages of the public port; called before the application starts. */
  readonly configureHttp?: (app: NestFastifyApplication) => void | Promise<void>;
  /** The last step of a stop: ends what the process itself started, for example its Postgres. */
  readonly onStopped?: () => Promise<void>;
  /** For tests that run a service inside their own process. */
  readonly isEmbedded?: boolean;
}

export interface RunningService {
  readonly app: NestFastifyApplication;
  readonly healthPort: number;
  /** The port that was really taken; absent without one. */
  readonly httpPort?: number;
  /** Ends everything in order, except the process; false when a part of it failed. */
  stop(): Promise<boolean>;
}

/** What every process reads for its end. */
export const SHUTDOWN_VARIABLES: { readonly shutdownDrainMs: Variable<number> } = {
  shutdownDrainMs: variable.integer('SHUTDOWN_DRAIN_MS', {
    doc: 'milliseconds that a process goes on serving after SIGTERM, until nobody sends it new work',
    default: 5_000,
    min: 0,
    max: 60_000,
  }),
};

/** A request waits at most for its time at Meta and in the queues before. */
const HTTP_CLOSE_MS = 25_000;
const CONSUMERS_CLOSE_MS = 20_000;
const TRANSPORT_CLOSE_MS = 10_000;
const APP_CLOSE_MS = 10_000;
const STOPPED_MS = 20_000;
const DRAIN_MARGIN_MS = 1_000;
const HEALTH_CLOSE_MS = 1_000;

/** How long a process of one service takes to end when every step of it hangs; whoever kills it waits longer. */
export const stopTimeoutMs = (options: {
  readonly shutdownDrainMs: number;
  readonly hasHttp: boolean;
}): number =>
  options.shutdownDrainMs +
  DRAIN_MARGIN_MS +
  (options.hasHttp ? HTTP_CLOSE_MS : 0) +
  CONSUMERS_CLOSE_MS +
  TRANSPORT_CLOSE_MS +
  APP_CLOSE_MS +
  HEALTH_CLOSE_MS;

/**
 * Runs a service: health port first, then its module, its consumers, its public port. It ends in order on SIGTERM,
 * SIGINT and SIGHUP; see `stopSteps`.
 *
 * @throws whatever kept it from starting, after closing what had started
 */
export async function runService(options: RunServiceOptions): Promise<RunningService> {
  const { logger, service, config } = options;
  if (options.isEmbedded !== true) endOnUnhandledErrors(logger);
  const state = { isStarted: false, isStopping: false };
  const health = new HealthRegistry();
  health.add('process', () => {
    if (state.isStopping) return 'stopping';
    return state.isStarted ? null : 'starting';
  });
  const healthServer = await startHealthServer({ port: config.healthPort, health }).catch(
    async (error: unknown) => {
      await runShutdown([partsStep(options)], logger);
      throw error;
    },
  );
  const app = await createApp(options, health).catch(async (error: unknown) => {
    await runShutdown(lastSteps(options, healthServer), logger);
    throw error;
  });
  let stopping: Promise<boolean> | undefined;
  const stop = (): Promise<boolean> => {
    state.isStopping = true;
    stopping ??= runShutdown(stopSteps(options, app, healthServer), logger);
    return stopping;
  };
  if (options.isEmbedded !== true) {
    endOnSignals(logger, stop);
    // Whoever started this process over a channel is gone and cannot stop it any more.
    process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  }
  try {
    const httpPort = await start(app, options);
    state.isStarted = true;
    logger.info({ service, port: httpPort }, 'process.started');
    return { app, healthPort: healthServer.port, httpPort, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function createApp(
  { module, globals, logger }: RunServiceOptions,
  health: HealthRegistry,
): Promise<NestFastifyApplication> {
  return NestFactory.create<NestFastifyApplication>(
    PlatformModule.forRoot({ logger, health, globals, imports: [module] }),
    httpAdapter(),
    { logger: new NestLogger(logger), abortOnError: false, bodyParser: false },
  );
}

/** Every module is up before the first record or request comes in. */
async function start(
  app: NestFastifyApplication,
  { config, strategy, logger, configureHttp }: RunServiceOptions,
): Promise<number | undefined> {
  configurePlatformHttp(app, logger);
  await configureHttp?.(app);
  if (strategy !== undefined) app.connectMicroservice({ strategy });
  await app.init();
  if (strategy !== undefined) await app.startAllMicroservices();
  if (config.httpPort === undefined) return undefined;
  await app.listen(config.httpPort, '0.0.0.0');
  return (app.getHttpServer().address() as AddressInfo).port;
}

/**
 * The end, in order. Not ready, but still serving, until no balancer sends new requests; then no new connections, and
 * what is in flight is answered, for which consumers and producers must still work; then consumers finish what they
 * hold; then the producer sends what is queued; then pools. Readiness says no from the first moment, liveness yes to
 * the last.
 */
function stopSteps(
  options: RunServiceOptions,
  app: NestFastifyApplication,
  healthServer: HealthServer,
): ShutdownStep[] {
  const { config, strategy, transport } = options;
  const drainMs = config.shutdownDrainMs ?? 0;
  return [
    { name: 'drain', timeoutMs: drainMs + DRAIN_MARGIN_MS, run: () => sleep(drainMs) },
    { name: 'http', timeoutMs: HTTP_CLOSE_MS, run: () => closeHttp(app) },
    {
      name: 'consumers',
      timeoutMs: CONSUMERS_CLOSE_MS,
      run: async () => {
        await strategy?.close();
      },
    },
    {
      name: 'transport',
      timeoutMs: TRANSPORT_CLOSE_MS,
      run: async () => {
        await transport?.close();
      },
    },
    { name: 'modules', timeoutMs: APP_CLOSE_MS, run: () => app.close() },
    ...lastSteps(options, healthServer),
  ];
}

const partsStep = ({ onStopped }: RunServiceOptions): ShutdownStep => ({
  name: 'parts',
  timeoutMs: STOPPED_MS,
  run: async () => {
    await onStopped?.();
  },
});

const lastSteps = (options: RunServiceOptions, healthServer: HealthServer): ShutdownStep[] => [
  partsStep(options),
  { name: 'health', timeoutMs: HEALTH_CLOSE_MS, run: () => healthServer.close() },
];

/** Stops listening, answers what is in flight, and closes connections as they become idle. */
async function closeHttp(app: NestFastifyApplication): Promise<void> {
  const server = app.getHttpServer();
  if (!server.listening) return;
  const timer = setInterval(() => {
    server.closeIdleConnections();
  }, 50);
  const force = setTimeout(() => {
    server.closeAllConnections();
  }, HTTP_CLOSE_MS - 1_000);
  try {
    await app.getHttpAdapter().getInstance().close();
  } finally {
    clearInterval(timer);
    clearTimeout(force);
  }
}
