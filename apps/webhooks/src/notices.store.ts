import { preparedQuery } from '@gateway/platform';
import type { DataSource } from 'typeorm';
import type { NoticeKind } from './domain/endpoint-health';

/** What an owner is told about his endpoint. */
export interface Notice {
  readonly id: string;
  readonly orgId: string;
  readonly appId: string;
  readonly endpointId: string;
  readonly kind: NoticeKind;
  readonly createdAt: Date;
}

/** Notices, each until it was given to whoever brings it. */
export class NoticesStore {
  constructor(private readonly dataSource: DataSource) {}

  async notGiven(countMax: number): Promise<Notice[]> {
    const { rows } = await preparedQuery<Notice>(this.dataSource, {
      name: 'notices_not_given',
      text: `
        select id, org_id as "orgId", app_id as "appId", endpoint_id as "endpointId", kind, created_at as "createdAt"
        from notices where given_at is null order by created_at limit $1`,
      values: [countMax],
    });
    return rows;
  }

  /** @returns false when another instance was first */
  async markGiven(id: string): Promise<boolean> {
    const { rowCount } = await preparedQuery(this.dataSource, {
      name: 'mark_notice_given',
      text: 'update notices set given_at = now() where id = $1 and given_at is null',
      values: [id],
    });
    return rowCount > 0;
  }
}
