import type { MigrationInterface, QueryRunner } from 'typeorm';
import { settleAccepted } from './1795900000000-create-meta-fees';

/**
 * Usage tells the gateway's fee of templates (`infrastructure`) from that of all others (`infrastructure_session`): Meta
 * names the category of a template alone. The function keeps its name and signature, so that an instance of the release
 * before tells them apart as well.
 */
export class UsageOfSessions1796400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      settleAccepted(
        "case m.action when 'charge_whole' then 'infrastructure_session' else 'infrastructure' end",
      ),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(settleAccepted());
  }
}
