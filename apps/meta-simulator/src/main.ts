import { createLogger, endOnSignals, loadConfig, runMain } from '@gateway/platform';
import { META_SIMULATOR_VARIABLES } from './meta-simulator.config';
import { startSimulator } from './simulator';

const service = 'meta-simulator';

/** Whoever started it may be gone, and the pipe with him. */
const print = (line: string): void => {
  if (process.stdout.writable) process.stdout.write(`${line}\n`);
};
process.stdout.on('error', () => undefined);

runMain(service, async () => {
  const { lingerMs, logLevel, webhookUrl, appSecret, hasStatuses, ...config } =
    loadConfig(META_SIMULATOR_VARIABLES);
  const logger = createLogger({ service, level: logLevel });
  const endItself = (): void => {
    process.kill(process.pid, 'SIGTERM');
  };
  let lastKeptAliveAtMs = performance.now();
  const simulator = await startSimulator({
    ...config,
    webhooks: { url: webhookUrl ?? null, appSecret: appSecret ?? '', hasStatuses },
    print,
    lifecycle: { onKeepAlive: () => (lastKeptAliveAtMs = performance.now()), onStop: endItself },
  });
  endOnSignals(logger, async () => {
    await simulator.stop();
    return true;
  });
  if (lingerMs > 0) {
    setInterval(() => {
      if (performance.now() - lastKeptAliveAtMs > lingerMs) endItself();
    }, 1_000);
  }
  logger.info({ port: simulator.port }, 'process.started');
  process.send?.('ready');
});
