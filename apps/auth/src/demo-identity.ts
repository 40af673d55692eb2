import { createHmac } from 'node:crypto';
import { encodeBase62 } from './domain/base62';
import { apiKeyOf } from './key-hasher';

/** What a seeded tenant is called everywhere: derived, so that each start has the same and no two installations do. */
export interface SeededTenant {
  readonly organizationId: string;
  /** UUID of the application. */
  readonly appId: string;
  readonly handle: string;
  readonly keys: { readonly production: string; readonly staging: string };
  /** Meta's id of the application's phone number. */
  readonly phoneNumberId: string;
  /** Who owns the organization, where it has somebody who signs in. */
  readonly owner: { readonly id: string; readonly email: string; readonly password: string };
}

const HANDLE_BYTES = 8;
const HANDLE_LENGTH = 11;
/** Base 62 of 32 bytes. */
const TEXT_LENGTH_MAX = 43;
const EMAIL_TAG_LENGTH = 6;
const PASSWORD_LENGTH = 20;

/** Derives all that names one tenant of an installation; `name` tells tenants apart. */
export class DerivedTenant {
  constructor(
    private readonly installationKey: Buffer,
    private readonly name: string,
  ) {}

  /** A UUID of version 8: its bits are ours to choose. */
  uuid(purpose: string): string {
    const bytes = this.bytes(purpose);
    bytes.writeUInt8(0x80 | (bytes.readUInt8(6) & 0x0f), 6);
    bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
    const hex = bytes.toString('hex', 0, 16);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  tenant(phoneNumberId: string): SeededTenant {
    const handle = encodeBase62(this.bytes('handle').subarray(0, HANDLE_BYTES), HANDLE_LENGTH);
    return {
      organizationId: this.uuid('organization'),
      appId: this.uuid('application'),
      handle: `${this.name}_${handle}`,
      keys: {
        production: apiKeyOf('production', this.bytes('production key')),
        staging: apiKeyOf('staging', this.bytes('staging key')),
      },
      phoneNumberId,
      owner: {
        id: this.uuid('owner'),
        email: `${this.name}-${this.text('owner email', EMAIL_TAG_LENGTH).toLowerCase()}@example.com`,
        password: this.text('owner password', PASSWORD_LENGTH),
      },
    };
  }

  /** Digits and letters. */
  private text(purpose: string, length: number): string {
    return encodeBase62(this.bytes(purpose), TEXT_LENGTH_MAX).slice(-length);
  }

  private bytes(purpose: string): Buffer {
    return createHmac('sha256', this.installationKey)
      .update(`tenant|${this.name}|${purpose}`)
      .digest();
  }
}
