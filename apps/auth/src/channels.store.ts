import { isDataError } from '@gateway/platform';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

export interface ChannelRow {
  readonly id: string;
  readonly orgId: string;
  readonly applicationId: string;
  /** Meta's ids, digits. */
  readonly phoneNumberId: string;
  readonly wabaId: string;
  readonly sealedAccessToken: Buffer;
}

/** The number belongs to another application of this installation; which one is nobody's business. */
export class PhoneNumberTakenError extends Error {
  override readonly name = 'PhoneNumberTakenError';
}

const COLUMNS = `id, organization_id as "orgId", application_id as "applicationId",
  phone_number_id as "phoneNumberId", waba_id as "wabaId",
  sealed_access_token as "sealedAccessToken"`;

@Injectable()
export class ChannelsStore {
  /** @throws PhoneNumberTakenError when another application has one of the numbers */
  async insert(manager: EntityManager, rows: readonly ChannelRow[], at: Date): Promise<void> {
    try {
      await manager.query(
        `insert into channels (id, organization_id, application_id, phone_number_id, waba_id,
                               sealed_access_token, created_at, updated_at)
         select row.*, $7::timestamptz, $7::timestamptz
         from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bytea[]) as row`,
        [
          rows.map(({ id }) => id),
          rows.map(({ orgId }) => orgId),
          rows.map(({ applicationId }) => applicationId),
          rows.map(({ phoneNumberId }) => phoneNumberId),
          rows.map(({ wabaId }) => wabaId),
          rows.map(({ sealedAccessToken }) => sealedAccessToken),
          at,
        ],
      );
    } catch (error) {
      throw isNumberTaken(error) ? new PhoneNumberTakenError() : error;
    }
  }

  async find(manager: EntityManager, applicationId: string): Promise<ChannelRow | null> {
    const found: ChannelRow[] = await manager.query(
      `select ${COLUMNS} from channels where application_id = $1`,
      [applicationId],
    );
    return found[0] ?? null;
  }

  /** @throws PhoneNumberTakenError when another application has the number */
  async update(manager: EntityManager, row: ChannelRow, at: Date): Promise<void> {
    try {
      await manager.query(
        `update channels set phone_number_id = $2, waba_id = $3, sealed_access_token = $4,
                             updated_at = $5
         where id = $1`,
        [row.id, row.phoneNumberId, row.wabaId, row.sealedAccessToken, at],
      );
    } catch (error) {
      throw isNumberTaken(error) ? new PhoneNumberTakenError() : error;
    }
  }

  /** How Meta shows the number. */
  async setShown(
    manager: EntityManager,
    id: string,
    shown: { readonly displayPhoneNumber: string | null; readonly verifiedName: string | null },
  ): Promise<void> {
    await manager.query(
      'update channels set display_phone_number = $2, verified_name = $3 where id = $1',
      [id, shown.displayPhoneNumber, shown.verifiedName],
    );
  }

  /** A few channels: enough to see whether this process holds the key that tokens are sealed with. */
  async findSome(manager: EntityManager, limit: number): Promise<ChannelRow[]> {
    return manager.query(`select ${COLUMNS} from channels order by id desc limit $1`, [limit]);
  }
}

const isNumberTaken = (error: unknown): boolean =>
  isDataError(error) &&
  error instanceof Error &&
  error.message.includes('channels_phone_number_id_key');
