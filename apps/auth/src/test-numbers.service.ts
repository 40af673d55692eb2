import type { CommandRequest, TestNumberRecord } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { asTenant } from '@gateway/platform';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { ApplicationId } from './applications.service';
import { ApplicationsStore } from './applications.store';
import type { Actor } from './audit.store';
import { Credentials } from './credentials';
import { phoneNumberDigits, withPlus } from './domain/phone-number';
import { KeyHasher } from './key-hasher';
import { TenancyChanges, type TenancyChange } from './tenancy-changes.service';
import { TEST_NUMBERS_MAX, TestNumbersStore, type ListedTestNumber } from './test-numbers.store';

@Injectable()
export class TestNumberStores {
  constructor(
    readonly applications: ApplicationsStore,
    readonly testNumbers: TestNumbersStore,
  ) {}
}

/** The numbers that a staging key of an application may send to; at most five. */
@Injectable()
export class TestNumbersService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: TenancyChanges,
    private readonly stores: TestNumberStores,
    private readonly credentials: Credentials,
    private readonly hasher: KeyHasher,
  ) {}

  async list(orgId: string, handle: string): Promise<TestNumberRecord[]> {
    const rows = await asTenant(this.dataSource, orgId, async (manager) =>
      this.stores.testNumbers.list(manager, await this.applicationId(manager, orgId, handle)),
    );
    return rows.map((row) => this.record(orgId, handle, row));
  }

  /**
   * @param number E.164, with or without its plus
   * @returns the id of the test number
   * @throws AppError GW_003 for what is no number, one that is there already, or a sixth; GW_404 when the application
   * is not the organization's
   */
  async add(
    application: ApplicationId,
    number: string,
    title: string | null,
    actor: Actor,
  ): Promise<string> {
    return this.changes.commit(actor, (change) => this.addIn(change, application, number, title));
  }

  /** As `add`, inside the caller's change. */
  async addIn(
    change: TenancyChange,
    application: ApplicationId,
    number: string,
    title: string | null,
  ): Promise<string> {
    const digits = phoneNumberDigits(number);
    if (digits === null) throw refused('must be a number in E.164');
    const { orgId, appId: applicationId } = application;
    const phoneNumberHash = this.hasher.hashNumber(digits);
    const slot = await this.freeSlot(change, application, phoneNumberHash);
    const id = change.newId();
    const sealedPhoneNumber = this.credentials.seal(placeOf(orgId, id), digits);
    const row = { id, orgId, applicationId, slot, title, phoneNumberHash, sealedPhoneNumber };
    await this.stores.testNumbers.insert(change.manager, [row], change.at);
    change.audit({ orgId, action: 'test_number.added', entityId: id, details: { slot } });
    change.publish({ kind: 'application', id: applicationId });
    return id;
  }

  /** @throws AppError GW_404 when the number or its application is not the organization's */
  async rename(
    change: TenancyChange,
    { orgId, appId: handle, id, title }: CommandRequest<'auth', 'test-number.change'>,
  ): Promise<TestNumberRecord> {
    const { manager } = change;
    const applicationId = await this.applicationId(manager, orgId, handle);
    const row = await this.stores.testNumbers.rename(manager, applicationId, id, title);
    if (row === null) throw new AppError('GW_404');
    change.audit({ orgId, action: 'test_number.changed', entityId: id });
    return this.record(orgId, handle, row);
  }

  /** @throws AppError GW_404 when the number or its application is not the organization's */
  async remove(application: ApplicationId, id: string, actor: Actor): Promise<void> {
    await this.changes.commit(actor, (change) => this.removeIn(change, application, id));
  }

  /** As `remove`, inside the caller's change. */
  async removeIn(change: TenancyChange, application: ApplicationId, id: string): Promise<void> {
    const { orgId, appId } = application;
    const isTheirs = await this.stores.applications.lock(change.manager, orgId, appId);
    if (!isTheirs || !(await this.stores.testNumbers.remove(change.manager, appId, id))) {
      throw new AppError('GW_404');
    }
    change.audit({ orgId, action: 'test_number.removed', entityId: id });
    change.publish({ kind: 'application', id: appId });
  }

  /** @throws AppError GW_404 when the application is not the organization's */
  async applicationId(manager: EntityManager, orgId: string, handle: string): Promise<string> {
    const id = await this.stores.applications.findId(manager, orgId, handle);
    if (id === null) throw new AppError('GW_404');
    return id;
  }

  record(orgId: string, appId: string, row: ListedTestNumber): TestNumberRecord {
    const { id, title, sealedPhoneNumber } = row;
    const digits = this.credentials.open(placeOf(orgId, id), sealedPhoneNumber);
    return { id, appId, title, phoneNumber: withPlus(digits) };
  }

  /** The application's row stays locked, so that two at once do not take one slot. */
  private async freeSlot(
    { manager }: TenancyChange,
    { orgId, appId }: ApplicationId,
    phoneNumberHash: string,
  ): Promise<number> {
    if (!(await this.stores.applications.lock(manager, orgId, appId))) throw new AppError('GW_404');
    const taken = await this.stores.testNumbers.list(manager, appId);
    if (taken.some((row) => row.phoneNumberHash === phoneNumberHash)) {
      throw refused('is registered already');
    }
    const slots = Array.from({ length: TEST_NUMBERS_MAX }, (_, index) => index + 1);
    const free = slots.find((slot) => !taken.some((row) => row.slot === slot));
    if (free === undefined) {
      throw refused(`an application has at most ${TEST_NUMBERS_MAX} test numbers`);
    }
    return free;
  }
}

const refused = (reason: string): AppError =>
  new AppError('GW_003', { params: { fields: [{ path: 'phoneNumber', reason }] } });

const placeOf = (orgId: string, rowId: string) =>
  ({ orgId, table: 'test_numbers', rowId, field: 'phone_number' }) as const;
