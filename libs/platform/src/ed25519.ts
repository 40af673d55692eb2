import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { sha256Hex } from './hash';

/** What stands before the 32 bytes of a seed in PKCS #8 (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const KEY_BYTES = 32;
const KEY_ID_LENGTH = 16;

/** A key of Ed25519 and the name by which tokens refer to it. */
export interface Ed25519Key {
  readonly key: KeyObject;
  readonly keyId: string;
}

/** @param seed the 32 secret bytes from which the pair follows */
export function ed25519PrivateKey(seed: Buffer): Ed25519Key {
  const der = Buffer.concat([PKCS8_PREFIX, seed]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return { key, keyId: keyIdOf(ed25519PublicBytes(seed)) };
}

/** @param bytes the 32 public bytes, see `ed25519PublicBytes` */
export function ed25519PublicKey(bytes: Buffer): Ed25519Key {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') };
  return { key: createPublicKey({ key: jwk, format: 'jwk' }), keyId: keyIdOf(bytes) };
}

/** The public bytes of the pair that follows from a seed. */
export function ed25519PublicBytes(seed: Buffer): Buffer {
  const der = Buffer.concat([PKCS8_PREFIX, seed]);
  const publicKey = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(-KEY_BYTES);
}

const keyIdOf = (publicBytes: Buffer): string => sha256Hex(publicBytes).slice(0, KEY_ID_LENGTH);
