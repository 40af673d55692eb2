import type { ClientOrigin } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AttemptsService } from './attempts.service';
import { PasswordHasher } from './password-hasher';
import { UsersStore, emailKeyOf, type UserRow } from './users.store';

/** Checks who somebody says he is; every answer takes as long as every other. */
@Injectable()
export class SignInService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly users: UsersStore,
    private readonly hasher: PasswordHasher,
    private readonly attempts: AttemptsService,
  ) {}

  /**
   * @throws AppError AUTH_010 for a wrong address or password, RATE_003 before anything is computed when too many try
   */
  async userOf(email: string, password: string, { address }: ClientOrigin): Promise<UserRow> {
    this.hasher.checkRoom();
    const account = emailKeyOf(email);
    await this.attempts.count('sign-in', { account, address });
    const user = await this.users.findByEmail(this.dataSource.manager, email);
    const isRight = await this.hasher.verify(user?.passwordHash ?? null, password);
    if (!isRight || user?.state !== 'ACTIVE') throw new AppError('AUTH_010');
    await this.attempts.forget('sign-in', account);
    return user;
  }
}
