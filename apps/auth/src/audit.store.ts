import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** Who made a change. */
export interface Actor {
  readonly kind: 'system' | 'service' | 'operator' | 'user';
  /** Name of the service, id of the person; absent for the installation itself. */
  readonly id?: string;
  /** The command that carried the change. */
  readonly correlationId?: string;
}

/** Who makes tenants that nobody signed up for. */
export const SEED_ACTOR: Actor = { kind: 'system', id: 'seed' };

export interface AuditEntry {
  /** Null for what a user did before there was an organization. */
  readonly orgId: string | null;
  readonly action:
    | 'organization.created'
    | 'application.created'
    | 'application.status_changed'
    | 'channel.connected'
    | 'test_number.added'
    | 'test_number.removed'
    | 'api_key.created'
    | 'api_key.revoked'
    | 'user.created'
    | 'user.password_changed'
    | 'user.password_reset'
    | 'user.phone_verified'
    | 'code.sent'
    | 'session.opened'
    | 'session.refreshed'
    | 'session.token_reused'
    | 'session.ended'
    | 'member.invited'
    | 'member.joined'
    | 'member.role_changed'
    | 'member.removed'
    | 'origin.added'
    | 'origin.removed'
    | 'application.changed'
    | 'test_number.changed';
  /** UUID of what was changed. */
  readonly entityId: string;
  /** What a reader of the log needs to know; never a secret, a key or a phone number. */
  readonly details?: Readonly<Record<string, string | number | null>>;
}

export interface StoredAuditEntry extends AuditEntry {
  readonly id: string;
}

/** The log of changes; the database refuses to change or remove an entry. */
@Injectable()
export class AuditStore {
  async append(
    manager: EntityManager,
    entries: readonly StoredAuditEntry[],
    actor: Actor,
    at: Date,
  ): Promise<void> {
    await manager.query(
      `insert into audit_entries (id, organization_id, action, entity_id, details,
                                  actor_kind, actor_id, correlation_id, created_at)
       select entry.*, $6::text, $7::text, $8::text, $9::timestamptz
       from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::jsonb[]) as entry`,
      [
        entries.map(({ id }) => id),
        entries.map(({ orgId }) => orgId),
        entries.map(({ action }) => action),
        entries.map(({ entityId }) => entityId),
        entries.map(({ details }) => JSON.stringify(details ?? {})),
        actor.kind,
        actor.id ?? null,
        actor.correlationId ?? null,
        at,
      ],
    );
  }
}
