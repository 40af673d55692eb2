import type { Random } from './random';

const RANDOM_BYTES = 10;
const TIME_BYTES = 6;

/**
 * RFC 9562 UUID, version 7, in canonical lower-case text: 48 bits of Unix milliseconds, then 74 random bits. Ids sort
 * by millisecond; within one they do not.
 */
export function uuidv7(nowMs: number, random: Random): string {
  const bytes = Buffer.allocUnsafe(TIME_BYTES + RANDOM_BYTES);
  bytes.writeUIntBE(nowMs, 0, TIME_BYTES);
  random.bytes(RANDOM_BYTES).copy(bytes, TIME_BYTES);
  bytes.writeUInt8(0x70 | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
