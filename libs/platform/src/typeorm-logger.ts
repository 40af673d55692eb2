import type { Logger } from 'typeorm';

const nothing = (): void => undefined;

/** TypeORM writes some lines to the console whatever its settings are, statements and parameters among them. */
export const silentLogger: Logger = {
  log: nothing,
  logMigration: nothing,
  logQuery: nothing,
  logQueryError: nothing,
  logQuerySlow: nothing,
  logSchemaBuild: nothing,
};
