import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

export const TEST_NUMBERS_MAX = 5;

export interface TestNumberRow {
  readonly id: string;
  readonly orgId: string;
  readonly applicationId: string;
  /** 1 to `TEST_NUMBERS_MAX`: the database allows each once an application. */
  readonly slot: number;
  readonly title: string | null;
  readonly phoneNumberHash: string;
  readonly sealedPhoneNumber: Buffer;
}

export type ListedTestNumber = Omit<TestNumberRow, 'orgId' | 'applicationId'>;

const COLUMNS = `id, slot, title, phone_number_hash as "phoneNumberHash",
  sealed_phone_number as "sealedPhoneNumber"`;

@Injectable()
export class TestNumbersStore {
  async insert(manager: EntityManager, rows: readonly TestNumberRow[], at: Date): Promise<void> {
    await manager.query(
      `insert into test_numbers (id, organization_id, application_id, slot, title,
                                 phone_number_hash, sealed_phone_number, created_at)
       select row.*, $8::timestamptz
       from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::smallint[], $5::text[], $6::text[],
                   $7::bytea[]) as row`,
      [
        rows.map(({ id }) => id),
        rows.map(({ orgId }) => orgId),
        rows.map(({ applicationId }) => applicationId),
        rows.map(({ slot }) => slot),
        rows.map(({ title }) => title),
        rows.map(({ phoneNumberHash }) => phoneNumberHash),
        rows.map(({ sealedPhoneNumber }) => sealedPhoneNumber),
        at,
      ],
    );
  }

  async list(manager: EntityManager, applicationId: string): Promise<ListedTestNumber[]> {
    return manager.query(
      `select ${COLUMNS} from test_numbers where application_id = $1 order by slot`,
      [applicationId],
    );
  }

  /** @returns null when there is none, also when it belongs to another application */
  async rename(
    manager: EntityManager,
    applicationId: string,
    id: string,
    title: string | null,
  ): Promise<ListedTestNumber | null> {
    const [renamed]: [ListedTestNumber[], number] = await manager.query(
      `update test_numbers set title = $3 where application_id = $1 and id = $2
       returning ${COLUMNS}`,
      [applicationId, id, title],
    );
    return renamed[0] ?? null;
  }

  /** @returns false when there is none, also when it belongs to another application */
  async remove(manager: EntityManager, applicationId: string, id: string): Promise<boolean> {
    const [removed]: [unknown[], number] = await manager.query(
      'delete from test_numbers where application_id = $1 and id = $2 returning id',
      [applicationId, id],
    );
    return removed.length > 0;
  }
}
