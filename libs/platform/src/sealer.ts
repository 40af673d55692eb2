import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const VERSION = 1;
const KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
const HEADER_BYTES = 1 + KEY_ID_BYTES;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const OVERHEAD_BYTES = HEADER_BYTES + IV_BYTES + TAG_BYTES;
const ALGORITHM = 'aes-256-gcm';

/** Sealed bytes that do not open: damaged, for another place, or under a key that this process does not hold. */
export class SealError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'SealError';
  }
}

interface SealingKey {
  readonly key: Buffer;
  readonly header: Buffer;
}

/**
 * AES-256-GCM with a key version. Layout of the sealed bytes:
 *
 *     0        version, 1
 *     1..4     key id: the first 4 bytes of SHA-256 of the key
 *     5..16    IV, random
 *     17..32   tag
 *     33..     ciphertext, as long as the plain bytes
 *
 * Version and key id are authenticated with the caller's `aad`, which names the one place where the bytes belong (for
 * example topic and correlation id, or table, row and field): moved elsewhere, they do not open.
 */
export class Sealer {
  private readonly current: SealingKey;
  private readonly openers: readonly SealingKey[];

  /** `previous` opens what was sealed before the key was changed; only `current` seals. */
  constructor(keys: { readonly current: Buffer; readonly previous?: Buffer }) {
    this.current = sealingKey(keys.current);
    this.openers =
      keys.previous === undefined ? [this.current] : [this.current, sealingKey(keys.previous)];
  }

  seal(plain: Buffer, aad: string): Buffer {
    const { key, header } = this.current;
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, key, iv).setAAD(bind(header, aad));
    const text = cipher.update(plain);
    cipher.final();
    return Buffer.concat([header, iv, cipher.getAuthTag(), text]);
  }

  /** @throws SealError when the bytes are not exactly what was sealed for this `aad` */
  open(sealed: Buffer, aad: string): Buffer {
    if (sealed.length < OVERHEAD_BYTES) throw new SealError('the sealed bytes are too short');
    const header = sealed.subarray(0, HEADER_BYTES);
    const opener = this.openers.find((candidate) => candidate.header.equals(header));
    if (opener === undefined) throw new SealError('sealed under an unknown key or version');
    const ivEnd = HEADER_BYTES + IV_BYTES;
    const decipher = createDecipheriv(ALGORITHM, opener.key, sealed.subarray(HEADER_BYTES, ivEnd))
      .setAAD(bind(header, aad))
      .setAuthTag(sealed.subarray(ivEnd, OVERHEAD_BYTES));
    const plain = decipher.update(sealed.subarray(OVERHEAD_BYTES));
    try {
      decipher.final();
    } catch {
      throw new SealError('the sealed bytes were changed or belong elsewhere');
    }
    return plain;
  }
}

function sealingKey(key: Buffer): SealingKey {
  if (key.length !== KEY_BYTES) throw new SealError(`a sealing key has ${KEY_BYTES} bytes`);
  const keyId = createHash('sha256').update(key).digest().subarray(0, KEY_ID_BYTES);
  return { key, header: Buffer.concat([Buffer.from([VERSION]), keyId]) };
}

const bind = (header: Buffer, aad: string): Buffer => Buffer.concat([header, Buffer.from(aad)]);
