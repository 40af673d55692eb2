import type { MigrationInterface, QueryRunner } from 'typeorm';
import { acceptAndCount } from './1796400000000-incoming-hours';

/**
 * An event is not sent at once when an earlier one of its message came with it and was there already: another instance
 * may be sending that one, which a statement that began before he committed does not see. The name stays, so that an
 * instance of the release before keeps the order too.
 */
export class TurnOfKnownEvents1796500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(acceptAndCount());
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(acceptAndCount());
  }
}
