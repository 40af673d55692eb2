import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What people make for themselves: organizations with members and origins, codes, and what is to be sent to them. */
export class CreateSelfService1795300000005 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      alter table organizations
        add column website text check (char_length(website) <= 2048),
        add column business_role text check (char_length(business_role) between 1 and 100),
        add column account_type text check (char_length(account_type) between 1 and 100),
        add column wallet_opened_at timestamptz;
      update organizations set wallet_opened_at = created_at;
      create index organizations_without_wallet on organizations (id)
        where wallet_opened_at is null;

      alter table users add column phone_number text unique check (phone_number ~ '^[0-9]{7,15}$');
      comment on column users.phone_number is 'Verified; E.164 without its plus.';

      alter table applications
        add column contact_name text check (char_length(contact_name) between 1 and 100),
        add column contact_email text check (char_length(contact_email) between 3 and 254),
        add column contact_phone_number text check (contact_phone_number ~ '^[0-9]{7,15}$');

      alter table channels
        add column display_phone_number text check (char_length(display_phone_number) <= 50),
        add column verified_name text check (char_length(verified_name) <= 500);

      alter table api_keys
        add column daily_limit integer check (daily_limit between 1 and 1000000),
        add column concurrency_limit integer check (concurrency_limit between 1 and 1000000);

      create table invitations (
        id uuid primary key,
        organization_id uuid not null references organizations (id),
        email text not null check (char_length(email) between 3 and 254),
        email_key text not null,
        role text not null check (role in ('owner', 'admin', 'developer', 'billing', 'read-only')),
        token_hash text not null unique check (token_hash ~ '^[0-9a-f]{64}$'),
        created_at timestamptz not null,
        expires_at timestamptz not null,
        unique (organization_id, email_key)
      );

      create table allowed_origins (
        organization_id uuid not null references organizations (id),
        origin text not null check (char_length(origin) between 1 and 300),
        created_at timestamptz not null,
        primary key (organization_id, origin)
      );

      alter table tenancy_outbox drop constraint tenancy_outbox_kind_check;
      alter table tenancy_outbox add constraint tenancy_outbox_kind_check
        check (kind in ('key', 'application', 'session', 'organization'));
    `);
    await createCodesAndNotices(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      delete from tenancy_outbox where kind = 'organization';
      alter table tenancy_outbox drop constraint tenancy_outbox_kind_check;
      alter table tenancy_outbox add constraint tenancy_outbox_kind_check
        check (kind in ('key', 'application', 'session'));
      drop table notices, codes, allowed_origins, invitations;
      alter table api_keys drop column daily_limit, drop column concurrency_limit;
      alter table channels drop column display_phone_number, drop column verified_name;
      alter table applications drop column contact_name, drop column contact_email,
        drop column contact_phone_number;
      alter table users drop column phone_number;
      alter table organizations drop column website, drop column business_role,
        drop column account_type, drop column wallet_opened_at;
    `);
  }
}

const createCodesAndNotices = (queryRunner: QueryRunner): Promise<unknown> =>
  queryRunner.query(`
      create table codes (
        user_id uuid not null references users (id),
        purpose text not null
          check (purpose in ('FORGET_PASSWORD', 'PHONE_VERIFICATION', 'PASSWORD_RESET')),
        target text not null check (target ~ '^[0-9]{7,15}$'),
        code_hash text not null check (code_hash ~ '^[0-9a-f]{64}$'),
        attempts_left integer not null check (attempts_left >= 0),
        expires_at timestamptz not null,
        primary key (user_id, purpose)
      );
      create index codes_by_target on codes (target, purpose);
      comment on table codes is 'One of each purpose at a time: a new one replaces it.';

      create table notices (
        id uuid primary key,
        kind text not null check (kind in ('otp', 'mail')),
        sealed_content bytea not null,
        attempts integer not null default 0,
        due_at timestamptz not null,
        expires_at timestamptz not null
      );
      create index notices_due on notices (due_at);
      comment on table notices is
        'To be sent to people; written with the change that causes it, removed once it was sent or is too old.';
    `);
