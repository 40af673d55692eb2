import type { ApplicationStatus, ApplicationSummary } from '@gateway/contracts';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

export interface ApplicationRow {
  readonly id: string;
  readonly orgId: string;
  readonly handle: string;
  readonly displayName: string;
  readonly status: ApplicationStatus;
}

/** An application with its channel, as it stands in the database. */
export interface ApplicationDetail extends ApplicationSummary {
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly contactName: string | null;
  readonly contactEmail: string | null;
  /** Digits. */
  readonly contactPhoneNumber: string | null;
  readonly channelId: string | null;
  readonly phoneNumberId: string | null;
  readonly wabaId: string | null;
  readonly displayPhoneNumber: string | null;
  readonly verifiedName: string | null;
}

interface ApplicationChange {
  readonly displayName?: string;
  readonly contact: {
    readonly name?: string | null;
    readonly email?: string | null;
    /** Digits. */
    readonly phoneNumber?: string | null;
  };
}

/** An organization has no more: the list is one answer. */
export const LISTED_MAX = 1_000;

/** Applications, always asked for by the organization that they belong to. */
@Injectable()
export class ApplicationsStore {
  async insert(manager: EntityManager, rows: readonly ApplicationRow[], at: Date): Promise<void> {
    await manager.query(
      `insert into applications
         (id, organization_id, handle, display_name, status, created_at, updated_at)
       select row.*, $6::timestamptz, $6::timestamptz
       from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[]) as row`,
      [
        rows.map(({ id }) => id),
        rows.map(({ orgId }) => orgId),
        rows.map(({ handle }) => handle),
        rows.map(({ displayName }) => displayName),
        rows.map(({ status }) => status),
        at,
      ],
    );
  }

  /** @returns null when there is none, also when it belongs to another organization */
  async findId(manager: EntityManager, orgId: string, handle: string): Promise<string | null> {
    const found: { id: string }[] = await manager.query(
      'select id from applications where organization_id = $1 and handle = $2',
      [orgId, handle],
    );
    return found[0]?.id ?? null;
  }

  async list(manager: EntityManager, orgId: string): Promise<ApplicationSummary[]> {
    return manager.query(
      `select id, handle as "appId", display_name as "displayName", status from applications
       where organization_id = $1 order by created_at, id limit ${LISTED_MAX}`,
      [orgId],
    );
  }

  /** How many an organization has; its row is locked, so that two at once are counted one after the other. */
  async count(manager: EntityManager, orgId: string): Promise<number> {
    const counted: { count: number }[] = await manager.query(
      `select count(*)::integer as count from applications where organization_id = $1`,
      [orgId],
    );
    return counted[0]?.count ?? 0;
  }

  /** @returns null when there is none, also when it belongs to another organization */
  async detail(
    manager: EntityManager,
    orgId: string,
    handle: string,
  ): Promise<ApplicationDetail | null> {
    const found: ApplicationDetail[] = await manager.query(
      `select a.id, a.handle as "appId", a.display_name as "displayName", a.status,
              a.created_at as "createdAt", a.updated_at as "updatedAt",
              a.contact_name as "contactName", a.contact_email as "contactEmail",
              a.contact_phone_number as "contactPhoneNumber", c.id as "channelId",
              c.phone_number_id as "phoneNumberId", c.waba_id as "wabaId",
              c.display_phone_number as "displayPhoneNumber", c.verified_name as "verifiedName"
       from applications a left join channels c on c.application_id = a.id
       where a.organization_id = $1 and a.handle = $2`,
      [orgId, handle],
    );
    return found[0] ?? null;
  }

  /** Name and contact as they are to be; what is undefined stays. */
  async change(
    manager: EntityManager,
    id: string,
    { displayName, contact }: ApplicationChange,
    at: Date,
  ): Promise<void> {
    const isGiven = (value: unknown): boolean => value !== undefined;
    await manager.query(
      `update applications set display_name = coalesce($2, display_name),
         contact_name = case when $3 then $4 else contact_name end,
         contact_email = case when $5 then $6 else contact_email end,
         contact_phone_number = case when $7 then $8 else contact_phone_number end,
         updated_at = $9
       where id = $1`,
      [
        id,
        displayName ?? null,
        isGiven(contact.name),
        contact.name ?? null,
        isGiven(contact.email),
        contact.email ?? null,
        isGiven(contact.phoneNumber),
        contact.phoneNumber ?? null,
        at,
      ],
    );
  }

  /** Holds the application's row until the transaction ends, so that what is counted stays so. */
  async lock(manager: EntityManager, orgId: string, applicationId: string): Promise<boolean> {
    const found: unknown[] = await manager.query(
      'select true from applications where organization_id = $1 and id = $2 for update',
      [orgId, applicationId],
    );
    return found.length > 0;
  }

  async setStatus(
    manager: EntityManager,
    applicationId: string,
    status: ApplicationStatus,
    at: Date,
  ): Promise<void> {
    await manager.query('update applications set status = $2, updated_at = $3 where id = $1', [
      applicationId,
      status,
      at,
    ]);
  }
}
