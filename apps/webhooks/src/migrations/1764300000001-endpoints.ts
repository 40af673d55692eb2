import type { MigrationInterface, QueryRunner } from 'typeorm';

const ENDPOINTS = `
  create table endpoints (
    id uuid primary key,
    org_id uuid not null,
    app_id uuid not null,
    url text not null,
    events text[] not null,
    hub_signature boolean not null,
    is_active boolean not null,
    disabled_reason text check (disabled_reason in ('by_owner', 'gone', 'asked_by_receiver', 'failing')),
    headers_sealed bytea not null,
    bearer_sealed bytea not null,
    signing_sealed bytea not null,
    signing_previous_sealed bytea,
    signing_previous_until timestamptz,
    revision integer not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    changed_at timestamptz not null,
    deleted_at timestamptz,
    breaker_open_until timestamptz,
    breaker_opens smallint not null default 0,
    failing_since timestamptz,
    last_failed_at timestamptz,
    failures integer not null default 0,
    notice_stage smallint not null default 0,
    check (is_active = (disabled_reason is null)),
    check ((signing_previous_sealed is null) = (signing_previous_until is null))
  ) with (fillfactor = 50);
  create unique index endpoints_of_application on endpoints (app_id) where deleted_at is null;
  create index endpoints_by_change on endpoints (changed_at);
  create index endpoints_without_delivery on endpoints (id)
    where not is_active or deleted_at is not null;
  comment on column endpoints.revision is 'grows with each change of what is sent where';
  comment on column endpoints.changed_at is 'moves with the revision and with the breaker: instances follow it';
  comment on column endpoints.failing_since is 'first failure after the last success';`;

const CHANGES_AND_NOTICES = `
  create table completed_commands (
    correlation_id uuid primary key,
    command text not null,
    completed_at timestamptz not null,
    sealed_reply bytea
  );
  create index completed_commands_by_age on completed_commands (completed_at);

  create table audit_entries (
    id uuid primary key,
    org_id uuid not null,
    app_id uuid not null,
    user_id text not null,
    action text not null,
    entity_id uuid not null,
    details jsonb not null,
    at timestamptz not null
  );
  create index audit_entries_by_organization on audit_entries (org_id, at);

  create table notices (
    id uuid primary key,
    org_id uuid not null,
    app_id uuid not null,
    endpoint_id uuid not null,
    kind text not null check (kind in
      ('failing', 'failing_1_day', 'failing_3_days', 'disabled_failing', 'disabled_gone',
       'disabled_asked_by_receiver')),
    since timestamptz not null,
    created_at timestamptz not null,
    given_at timestamptz,
    unique (endpoint_id, kind, since)
  );
  create index notices_not_given on notices (created_at) where given_at is null;

  create table instances (
    boot_id uuid primary key,
    seen_at timestamptz not null
  ) with (fillfactor = 20);
`;

/** Where events go, who changed it, and what its owner is told about it. */
export class Endpoints1764300000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ENDPOINTS);
    await runner.query(CHANGES_AND_NOTICES);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'drop table instances, notices, audit_entries, completed_commands, endpoints',
    );
  }
}
