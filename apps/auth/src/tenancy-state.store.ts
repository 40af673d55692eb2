import type {
  ApplicationStatus,
  KeyEnvironment,
  OrganizationContext,
  SessionContext,
} from '@gateway/contracts';
import { preparedQuery } from '@gateway/platform';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** An active key as it stands in the database now. */
export interface KeyState {
  readonly keyHash: string;
  readonly keyId: string;
  readonly orgId: string;
  readonly appId: string;
  readonly environment: KeyEnvironment;
  readonly expiresAt: Date | null;
  readonly limitPerSecond: number;
  readonly limitPerMinute: number;
  readonly dailyLimit: number | null;
  readonly concurrencyLimit: number | null;
}

/** An application with its channel and test numbers as they stand in the database now. */
export interface ApplicationState {
  readonly appId: string;
  readonly orgId: string;
  readonly handle: string;
  readonly status: ApplicationStatus;
  readonly channelId: string | null;
  readonly phoneNumberId: string | null;
  readonly wabaId: string | null;
  readonly sealedAccessToken: Buffer | null;
  readonly testNumberHashes: readonly string[];
}

/** What is published and answered: always the current state, never a copy of it. */
export interface LookedUp {
  /** Every change up to this version is in the answer. */
  readonly version: number;
  /** Active keys alone: a revoked one is as unknown as one that never was. */
  readonly keys: ReadonlyMap<string, KeyState>;
  readonly applications: ReadonlyMap<string, ApplicationState>;
}

const KEY_COLUMNS = `
  k.key_hash as "keyHash", k.id as "keyId", k.organization_id as "orgId",
  k.application_id as "appId", k.environment, k.expires_at as "expiresAt",
  k.limit_per_second as "limitPerSecond", k.limit_per_minute as "limitPerMinute",
  k.daily_limit as "dailyLimit", k.concurrency_limit as "concurrencyLimit"`;

const APPLICATION_COLUMNS = `
  a.id as "appId", a.organization_id as "orgId", a.handle, a.status, c.id as "channelId",
  c.phone_number_id as "phoneNumberId", c.waba_id as "wabaId",
  c.sealed_access_token as "sealedAccessToken",
  array(select t.phone_number_hash from test_numbers t where t.application_id = a.id
        order by t.slot) as "testNumberHashes"`;

/** Reads what other services may know of keys and applications; one statement for a batch. */
@Injectable()
export class TenancyStateStore {
  constructor(private readonly dataSource: DataSource) {}

  async keys(keyHashes: readonly string[]): Promise<Map<string, KeyState>> {
    if (keyHashes.length === 0) return new Map();
    const { rows } = await preparedQuery<KeyState>(this.dataSource, {
      name: 'auth_keys_by_hash',
      text: `select ${KEY_COLUMNS} from api_keys k
             where k.key_hash = any($1::text[]) and k.revoked_at is null`,
      values: [keyHashes],
    });
    return new Map(rows.map((row) => [row.keyHash, row]));
  }

  async applications(appIds: readonly string[]): Promise<Map<string, ApplicationState>> {
    if (appIds.length === 0) return new Map();
    const { rows } = await preparedQuery<ApplicationState>(this.dataSource, {
      name: 'auth_applications_by_id',
      text: `select ${APPLICATION_COLUMNS}
             from applications a left join channels c on c.application_id = a.id
             where a.id = any($1::uuid[])`,
      values: [appIds],
    });
    return new Map(rows.map((row) => [row.appId, row]));
  }

  /** Every organization of `ids`, also one that has no origins (any more). */
  async organizations(ids: readonly string[]): Promise<Map<string, OrganizationContext>> {
    if (ids.length === 0) return new Map();
    const { rows } = await preparedQuery<{ id: string; origins: string[] }>(this.dataSource, {
      name: 'auth_organizations_by_id',
      text: `select o.id, array(select a.origin from allowed_origins a
                                where a.organization_id = o.id order by a.origin) as origins
             from organizations o where o.id = any($1::uuid[])`,
      values: [ids],
    });
    return new Map(rows.map(({ id, origins }) => [id, { origins }]));
  }

  /** Sessions that something happened to of late. */
  async sessions(ids: readonly string[]): Promise<Map<string, SessionContext>> {
    if (ids.length === 0) return new Map();
    const { rows } = await preparedQuery<Omit<SessionContext, 'forgetAtMs'> & SessionTimes>(
      this.dataSource,
      {
        name: 'auth_sessions_by_id',
        text: `select id, ended_at is not null as "isEnded", token_version as "tokenVersion",
                      published_until as "publishedUntil"
               from sessions where id = any($1::uuid[]) and published_until is not null`,
        values: [ids],
      },
    );
    return new Map(
      rows.map(({ id, publishedUntil, ...row }) => [
        id,
        { ...row, forgetAtMs: publishedUntil.getTime() },
      ]),
    );
  }

  /**
   * Keys by hash, their applications, and the version, all of one snapshot: a version is given only after its change
   * was committed, so every change up to the version that the snapshot sees is in the snapshot too.
   */
  async lookUp(keyHashes: readonly string[]): Promise<LookedUp> {
    const { rows } = await preparedQuery<{
      version: string;
      key: KeyState | null;
      application: JsonApplication | null;
    }>(this.dataSource, {
      name: 'auth_look_up',
      text: `with key as materialized (
               select ${KEY_COLUMNS} from api_keys k
               where k.key_hash = any($1::text[]) and k.revoked_at is null
             ), application as (
               select ${APPLICATION_COLUMNS}
               from applications a left join channels c on c.application_id = a.id
               where a.id in (select "appId" from key)
             )
             select p.version, found.key, found.application
             from tenancy_publication p left join (
               select to_jsonb(key) as key, null::jsonb as application from key
               union all
               select null, to_jsonb(application) from application
             ) as found on true`,
      values: [keyHashes],
    });
    return {
      version: Number(rows[0]?.version ?? 0),
      keys: new Map(rows.flatMap(({ key }) => (key === null ? [] : [[key.keyHash, dated(key)]]))),
      applications: new Map(
        rows.flatMap(({ application }) =>
          application === null ? [] : [[application.appId, decoded(application)]],
        ),
      ),
    };
  }
}

interface SessionTimes {
  readonly id: string;
  readonly publishedUntil: Date;
}

/** JSON has neither bytes nor times of its own. */
type JsonApplication = Omit<ApplicationState, 'sealedAccessToken'> & {
  /** As PostgreSQL writes bytes: `\x` and hexadecimal digits. */
  readonly sealedAccessToken: string | null;
};

const dated = (key: KeyState): KeyState => ({
  ...key,
  expiresAt: key.expiresAt === null ? null : new Date(key.expiresAt),
});

const decoded = (application: JsonApplication): ApplicationState => ({
  ...application,
  sealedAccessToken:
    application.sealedAccessToken === null
      ? null
      : Buffer.from(application.sealedAccessToken.slice(2), 'hex'),
});
