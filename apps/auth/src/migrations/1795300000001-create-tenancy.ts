import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who exists and who may send: organizations, applications, channels, API keys, test numbers. */
export class CreateTenancy1795300000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create table organizations (
        id uuid primary key,
        name text not null check (char_length(name) between 1 and 200),
        created_at timestamptz not null
      );

      create table applications (
        id uuid primary key,
        organization_id uuid not null references organizations (id),
        handle text not null unique check (handle ~ '^[A-Za-z0-9_-]{1,100}$'),
        display_name text not null check (char_length(display_name) between 1 and 100),
        status text not null
          check (status in ('DRAFT', 'ACTIVATED', 'RESTRICTED', 'DISCONNECTED')),
        created_at timestamptz not null,
        updated_at timestamptz not null,
        unique (organization_id, id)
      );

      create table channels (
        id uuid primary key,
        organization_id uuid not null,
        application_id uuid not null unique,
        phone_number_id text not null unique check (phone_number_id ~ '^[0-9]{5,20}$'),
        waba_id text not null check (waba_id ~ '^[0-9]{5,20}$'),
        sealed_access_token bytea not null,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        foreign key (organization_id, application_id) references applications (organization_id, id)
      );
      comment on column channels.phone_number_id is
        'Unique: a number belongs to one application in the whole installation.';

    `);
    await createKeysAndTestNumbers(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'drop table test_numbers, api_keys, channels, applications, organizations',
    );
  }
}

const createKeysAndTestNumbers = (queryRunner: QueryRunner): Promise<unknown> =>
  queryRunner.query(`
      create table api_keys (
        id uuid primary key,
        organization_id uuid not null,
        application_id uuid not null,
        name text not null check (char_length(name) between 1 and 100),
        environment text not null check (environment in ('production', 'staging')),
        key_hash text not null unique check (key_hash ~ '^[0-9a-f]{64}$'),
        last4 text not null check (last4 ~ '^[0-9A-Za-z]{4}$'),
        limit_per_second integer not null check (limit_per_second between 1 and 1000000),
        limit_per_minute integer not null check (limit_per_minute between 1 and 1000000),
        expires_at timestamptz,
        revoked_at timestamptz,
        created_at timestamptz not null,
        foreign key (organization_id, application_id) references applications (organization_id, id)
      );
      create index api_keys_of_application on api_keys (application_id, created_at desc, id desc)
        where revoked_at is null;

      create table test_numbers (
        id uuid primary key,
        organization_id uuid not null,
        application_id uuid not null,
        slot smallint not null check (slot between 1 and 5),
        title text check (char_length(title) between 1 and 50),
        phone_number_hash text not null check (phone_number_hash ~ '^[0-9a-f]{64}$'),
        sealed_phone_number bytea not null,
        created_at timestamptz not null,
        unique (application_id, slot),
        unique (application_id, phone_number_hash),
        foreign key (organization_id, application_id) references applications (organization_id, id)
      );
      comment on column test_numbers.slot is 'At most five numbers an application.';
    `);
