import { ConfigError } from './config';
import { createLogger } from './logger';

/**
 * The whole of a `main.ts`: what keeps a process from starting is said once, and the process ends with status 1. A bad
 * configuration is plain text, as people read it at a terminal.
 */
export function runMain(service: string, main: () => Promise<unknown>): void {
  main().catch((error: unknown) => {
    if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
    else createLogger({ service, level: 'info' }).fatal({ err: error }, 'process.start_failed');
    process.exit(1);
  });
}
