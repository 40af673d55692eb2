import { Injectable } from '@nestjs/common';
import { Credentials } from './credentials';
import { NoticesStore, type NoticeRow } from './notices.store';
import type { TenancyChange } from './tenancy-changes.service';

/** A mail, or a code for a phone; what it says is secret until it is read. */
export interface Notice {
  readonly to: string;
  /** Of a mail. */
  readonly subject?: string;
  readonly text: string;
}

interface NewNotice extends Notice {
  /** When it is of no use any more. */
  readonly expiresAt: Date;
}

/** Writes what people are to be told into the transaction that causes it; `NoticeSender` sends it. */
@Injectable()
export class NoticesService {
  constructor(
    private readonly notices: NoticesStore,
    private readonly credentials: Credentials,
  ) {}

  async mail(change: TenancyChange, notice: NewNotice & { subject: string }): Promise<void> {
    await this.insert(change, 'mail', notice);
  }

  /** @param notice `to` is a phone number in E.164 with its plus, `text` the code */
  async code(change: TenancyChange, notice: NewNotice): Promise<void> {
    await this.insert(change, 'otp', notice);
  }

  /** @throws SealError when it does not open */
  open({ id, sealedContent }: NoticeRow): Notice {
    return JSON.parse(this.credentials.open(placeOf(id), sealedContent)) as Notice;
  }

  private async insert(
    change: TenancyChange,
    kind: NoticeRow['kind'],
    { expiresAt, ...notice }: NewNotice,
  ): Promise<void> {
    const id = change.newId();
    const sealedContent = this.credentials.seal(placeOf(id), JSON.stringify(notice));
    await this.notices.insert(change.manager, { id, kind, sealedContent, expiresAt }, change.at);
  }
}

/** A notice belongs to nobody's organization. */
const placeOf = (rowId: string) =>
  ({ orgId: 'installation', table: 'notices', rowId, field: 'content' }) as const;
