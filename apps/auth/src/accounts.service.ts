import type { CommandRequest, UserRecord } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AttemptsService } from './attempts.service';
import { withPlus } from './domain/phone-number';
import { PasswordHasher } from './password-hasher';
import type { TenancyChange } from './tenancy-changes.service';
import { EmailTakenError, UsersStore, emailKeyOf, type UserRow } from './users.store';

type Registration = CommandRequest<'auth', 'user.register'>;
type PasswordChange = CommandRequest<'auth', 'password.change'>;

/** Accounts of users: made, read, and their passwords. Changes are made inside the caller's `TenancyChange`. */
@Injectable()
export class AccountsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly users: UsersStore,
    private readonly hasher: PasswordHasher,
    private readonly attempts: AttemptsService,
  ) {}

  /**
   * What costs time, before the transaction.
   * @returns the hash of the password
   * @throws AppError RATE_003 when too many register
   */
  async prepare({ email, password, client }: Registration): Promise<string> {
    this.hasher.checkRoom();
    const { address } = client;
    await this.attempts.count('registration', { account: emailKeyOf(email), address });
    return this.hasher.hash(password);
  }

  /**
   * @returns the id of the new user
   * @throws AppError GW_011 when somebody has an account under this address
   */
  async register(
    change: TenancyChange,
    { email, firstName, lastName }: Registration,
    passwordHash: string,
  ): Promise<string> {
    const id = change.newId();
    const row = { id, email, firstName, lastName, passwordHash, state: 'ACTIVE' } as const;
    try {
      await this.users.insert(change.manager, row, change.at);
    } catch (error) {
      if (!(error instanceof EmailTakenError)) throw error;
      throw new AppError('GW_011', { params: { reason: 'this e-mail address has an account' } });
    }
    change.audit({ orgId: null, action: 'user.created', entityId: id });
    return id;
  }

  /** @throws AppError GW_404 when there is no such user (any more) */
  async get(userId: string): Promise<UserRecord> {
    const { id, email, state, firstName, lastName, phoneNumber } = await this.user(userId);
    return { id, email, state, firstName, lastName, phoneNumber: withPlus(phoneNumber) };
  }

  /**
   * Checks the present password, and makes the hash of the next.
   * @throws AppError GW_003 when the present one is wrong, RATE_003 when it was guessed too often
   */
  async preparePassword(request: PasswordChange): Promise<string> {
    const { userId, currentPassword, newPassword, client } = request;
    this.hasher.checkRoom();
    await this.attempts.count('password', { account: userId, address: client.address });
    const user = await this.user(userId);
    if (!(await this.hasher.verify(user.passwordHash, currentPassword))) {
      throw new AppError('GW_003', {
        params: { fields: [{ path: 'currentPassword', reason: 'is wrong' }] },
      });
    }
    await this.attempts.forget('password', userId);
    return this.hasher.hash(newPassword);
  }

  /** The user has another password from now on; what `preparePassword` gave. */
  async setPassword(change: TenancyChange, userId: string, passwordHash: string): Promise<void> {
    await this.users.setPassword(change.manager, userId, passwordHash, change.at);
    change.audit({ orgId: null, action: 'user.password_changed', entityId: userId });
  }

  /** The hash of a password that a reset token will set. @throws AppError RATE_003 when too many try */
  async prepareReset({ newPassword, client }: CommandRequest<'auth', 'password.reset'>) {
    this.hasher.checkRoom();
    await this.attempts.count('password', { account: 'reset', address: client.address });
    return this.hasher.hash(newPassword);
  }

  private async user(userId: string): Promise<UserRow> {
    const user = await this.users.find(this.dataSource.manager, userId);
    if (user === null) throw new AppError('GW_404');
    return user;
  }
}
