import type { PasswordResetProof } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { RANDOM, isEqualConstantTime, type Random } from '@gateway/platform';
import { Inject, Injectable } from '@nestjs/common';
import { CodesStore, type CodePurpose } from './codes.store';
import { phoneNumberDigits, withPlus } from './domain/phone-number';
import { KeyHasher } from './key-hasher';
import { NoticesService } from './notices.service';
import type { TenancyChange } from './tenancy-changes.service';
import { PhoneTakenError, UsersStore } from './users.store';

const CODES = 1_000_000;
const CODE_LENGTH = 6;
const CODE_MS = 2 * 60_000;
const ATTEMPTS_MAX = 5;
const RESET_TOKEN_BYTES = 32;
const RESET_TOKEN_MS = 15 * 60_000;
/** The largest multiple of `CODES` in 48 bits: above it some codes would be likelier than others. */
const FAIR_MAX = Math.floor(2 ** 48 / CODES) * CODES;

@Injectable()
export class CodeStores {
  constructor(
    readonly codes: CodesStore,
    readonly users: UsersStore,
  ) {}
}

/** Codes by which somebody shows that he has a phone. Changes are made inside the caller's `TenancyChange`. */
@Injectable()
export class CodesService {
  constructor(
    private readonly stores: CodeStores,
    private readonly notices: NoticesService,
    private readonly hasher: KeyHasher,
    @Inject(RANDOM) private readonly random: Random,
  ) {}

  /** Sends a code to whoever verified this number; for an unknown number nothing happens, and nobody is told. */
  async sendForReset(change: TenancyChange, target: string): Promise<void> {
    const digits = phoneNumberDigits(target) ?? '';
    const user = await this.stores.users.findByPhoneNumber(change.manager, digits);
    if (user?.state === 'ACTIVE') await this.send(change, user.id, 'FORGET_PASSWORD', digits);
  }

  /** Sends a code to a number that a signed-in user says is his. */
  async sendForPhone(change: TenancyChange, userId: string, target: string): Promise<void> {
    await this.send(change, userId, 'PHONE_VERIFICATION', phoneNumberDigits(target) ?? '');
  }

  /** @returns the token that allows a new password; null when the code is wrong */
  async verifyForReset(
    change: TenancyChange,
    target: string,
    code: string,
  ): Promise<PasswordResetProof | null> {
    const { manager, at } = change;
    const digits = phoneNumberDigits(target) ?? '';
    const user = await this.stores.users.findByPhoneNumber(manager, digits);
    if (user === null) return null;
    if ((await this.verified(change, user.id, 'FORGET_PASSWORD', code)) === null) return null;
    const token = this.random.bytes(RESET_TOKEN_BYTES).toString('base64url');
    const expiresAt = new Date(at.getTime() + RESET_TOKEN_MS);
    await this.stores.codes.replace(manager, {
      userId: user.id,
      purpose: 'PASSWORD_RESET',
      target: digits,
      codeHash: this.hash('PASSWORD_RESET', token),
      attemptsLeft: 1,
      expiresAt,
    });
    return { passwordResetToken: token, expiresAt: expiresAt.toISOString() };
  }

  /**
   * @returns the number, which is the user's from now on; null when the code is wrong
   * @throws AppError GW_011 when another user has verified the number
   */
  async verifyForPhone(
    change: TenancyChange,
    userId: string,
    code: string,
  ): Promise<{ phoneNumber: string } | null> {
    const { manager, at } = change;
    const digits = await this.verified(change, userId, 'PHONE_VERIFICATION', code);
    if (digits === null) return null;
    try {
      await this.stores.users.setPhoneNumber(manager, userId, digits, at);
    } catch (error) {
      if (!(error instanceof PhoneTakenError)) throw error;
      throw new AppError('GW_011', { params: { reason: 'the number belongs to another user' } });
    }
    change.audit({ orgId: null, action: 'user.phone_verified', entityId: userId });
    return { phoneNumber: withPlus(digits) };
  }

  /**
   * Sets the password that a reset token allows; the token is used up.
   * @returns whose it is now
   * @throws AppError GW_003 when the token is not good (any more)
   */
  async resetPassword(change: TenancyChange, token: string, passwordHash: string): Promise<string> {
    const { manager, at } = change;
    const codeHash = this.hash('PASSWORD_RESET', token);
    const userId = await this.stores.codes.take(manager, 'PASSWORD_RESET', codeHash, at);
    if (userId === null) {
      const fields = [{ path: 'passwordResetToken', reason: 'is used, expired or unknown' }];
      throw new AppError('GW_003', { params: { fields } });
    }
    await this.stores.users.setPassword(manager, userId, passwordHash, at);
    change.audit({ orgId: null, action: 'user.password_reset', entityId: userId });
    return userId;
  }

  private async send(
    change: TenancyChange,
    userId: string,
    purpose: CodePurpose,
    target: string,
  ): Promise<void> {
    const code = this.newCode();
    const expiresAt = new Date(change.at.getTime() + CODE_MS);
    const codeHash = this.hash(purpose, `${userId}|${code}`);
    const row = { userId, purpose, target, codeHash, attemptsLeft: ATTEMPTS_MAX, expiresAt };
    await this.stores.codes.replace(change.manager, row);
    await this.notices.code(change, { to: withPlus(target), text: code, expiresAt });
    change.audit({ orgId: null, action: 'code.sent', entityId: userId, details: { purpose } });
  }

  /** @returns the number that the code was sent to; the code is used up. Null when it is wrong. */
  private async verified(
    { manager, at }: TenancyChange,
    userId: string,
    purpose: CodePurpose,
    code: string,
  ): Promise<string | null> {
    const sent = await this.stores.codes.attempt(manager, userId, purpose, at);
    if (!sent || !isEqualConstantTime(sent.codeHash, this.hash(purpose, `${userId}|${code}`))) {
      return null;
    }
    await this.stores.codes.remove(manager, userId, purpose);
    return sent.target;
  }

  private newCode(): string {
    let number = FAIR_MAX;
    while (number >= FAIR_MAX) number = this.random.bytes(6).readUIntBE(0, 6);
    return String(number % CODES).padStart(CODE_LENGTH, '0');
  }

  private hash(purpose: CodePurpose, secret: string): string {
    return this.hasher.hashAttempt(`code|${purpose}|${secret}`);
  }
}
