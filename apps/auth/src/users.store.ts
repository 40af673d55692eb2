import { isDataError } from '@gateway/platform';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

export interface UserRow {
  readonly id: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly passwordHash: string;
  readonly state: 'ACTIVE' | 'DISABLED';
  /** Verified; digits. */
  readonly phoneNumber: string | null;
}

/** Somebody has an account under this address. */
export class EmailTakenError extends Error {
  override readonly name = 'EmailTakenError';
}

/** Somebody has verified this number. */
export class PhoneTakenError extends Error {
  override readonly name = 'PhoneTakenError';
}

/** The form in which two addresses are compared. */
export const emailKeyOf = (email: string): string => email.normalize('NFC').toLowerCase();

const COLUMNS = `id, email, first_name as "firstName", last_name as "lastName",
  password_hash as "passwordHash", state, phone_number as "phoneNumber"`;

@Injectable()
export class UsersStore {
  /** @throws EmailTakenError */
  async insert(manager: EntityManager, row: Omit<UserRow, 'phoneNumber'>, at: Date): Promise<void> {
    const { id, email, firstName, lastName, passwordHash, state } = row;
    try {
      await manager.query(
        `insert into users (id, email, email_key, first_name, last_name, password_hash, state,
                            created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $8)`,
        [id, email, emailKeyOf(email), firstName, lastName, passwordHash, state, at],
      );
    } catch (error) {
      throw isUniqueness(error, 'users_email_key_key') ? new EmailTakenError() : error;
    }
  }

  async find(manager: EntityManager, id: string): Promise<UserRow | null> {
    return this.findWhere(manager, 'id = $1', id);
  }

  async findByEmail(manager: EntityManager, email: string): Promise<UserRow | null> {
    return this.findWhere(manager, 'email_key = $1', emailKeyOf(email));
  }

  async findByPhoneNumber(manager: EntityManager, digits: string): Promise<UserRow | null> {
    return this.findWhere(manager, 'phone_number = $1', digits);
  }

  /** Holds the user's row until the transaction ends, so that what is counted of him stays so. */
  async lock(manager: EntityManager, id: string): Promise<void> {
    await manager.query('select true from users where id = $1 for update', [id]);
  }

  async setPassword(manager: EntityManager, id: string, hash: string, at: Date): Promise<void> {
    await manager.query('update users set password_hash = $2, updated_at = $3 where id = $1', [
      id,
      hash,
      at,
    ]);
  }

  /** @throws PhoneTakenError */
  async setPhoneNumber(
    manager: EntityManager,
    id: string,
    digits: string,
    at: Date,
  ): Promise<void> {
    try {
      await manager.query('update users set phone_number = $2, updated_at = $3 where id = $1', [
        id,
        digits,
        at,
      ]);
    } catch (error) {
      throw isUniqueness(error, 'users_phone_number_key') ? new PhoneTakenError() : error;
    }
  }

  private async findWhere(
    manager: EntityManager,
    condition: string,
    value: string,
  ): Promise<UserRow | null> {
    const found: UserRow[] = await manager.query(
      `select ${COLUMNS} from users where ${condition}`,
      [value],
    );
    return found[0] ?? null;
  }
}

const isUniqueness = (error: unknown, constraint: string): boolean =>
  isDataError(error) && error instanceof Error && error.message.includes(constraint);
