import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who signs in: users, what they are in an organization, their sessions, and how often somebody tried. */
export class CreateAccounts1795300000004 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create table users (
        id uuid primary key,
        email text not null check (char_length(email) between 3 and 254),
        email_key text not null unique check (email_key = lower(email_key)),
        first_name text not null check (char_length(first_name) between 1 and 100),
        last_name text not null check (char_length(last_name) between 1 and 100),
        password_hash text not null check (password_hash like '$argon2id$%'),
        state text not null check (state in ('ACTIVE', 'DISABLED')),
        created_at timestamptz not null,
        updated_at timestamptz not null
      );
      comment on column users.email_key is 'The address in the form in which two are compared.';

      create table memberships (
        id uuid primary key,
        organization_id uuid not null references organizations (id),
        user_id uuid not null unique references users (id),
        role text not null check (role in ('owner', 'admin', 'developer', 'billing', 'read-only')),
        created_at timestamptz not null
      );
      create index memberships_of_organization on memberships (organization_id, created_at, id);
      comment on column memberships.user_id is 'Unique: a user belongs to one organization.';

      create table sessions (
        id uuid primary key,
        user_id uuid not null references users (id),
        client text not null check (client in ('browser', 'native')),
        generation integer not null check (generation >= 1),
        rotated_at timestamptz not null,
        sealed_refresh_secret bytea not null,
        token_version integer not null check (token_version >= 1),
        created_at timestamptz not null,
        expires_at timestamptz not null,
        ended_at timestamptz,
        published_until timestamptz
      );
      create index sessions_of_user on sessions (user_id, created_at desc);
      create index sessions_by_expiry on sessions (expires_at);
      create index sessions_published on sessions (published_until)
        where published_until is not null;
      comment on column sessions.generation is
        'Number of the refresh token that is good; each token is made of the secret and its number.';
      comment on column sessions.published_until is
        'Set while the topic names the session: until then a token of before the change may be in force.';

      create table attempts (
        name text primary key check (name ~ '^[0-9a-f]{64}$'),
        count integer not null,
        window_ends_at timestamptz not null
      );
      create index attempts_by_age on attempts (window_ends_at);
      comment on table attempts is
        'How often an address or an account was tried; both as keyed hashes.';

      alter table audit_entries alter column organization_id drop not null;
      comment on column audit_entries.organization_id is
        'Null for what a user did before there was an organization.';

      alter table tenancy_outbox drop constraint tenancy_outbox_kind_check;
      alter table tenancy_outbox add constraint tenancy_outbox_kind_check
        check (kind in ('key', 'application', 'session'));
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      delete from tenancy_outbox where kind = 'session';
      alter table tenancy_outbox drop constraint tenancy_outbox_kind_check;
      alter table tenancy_outbox add constraint tenancy_outbox_kind_check
        check (kind in ('key', 'application'));
      delete from audit_entries where organization_id is null;
      alter table audit_entries alter column organization_id set not null;
      drop table attempts, sessions, memberships, users;
    `);
  }
}
