const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;

/** The partition of a key as Kafka's own clients compute it (murmur2), so that a record of any tool falls the same. */
export function kafkaPartitionOf(key: string, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount;
}

function murmur2(key: string): number {
  const ascii = hashUnits(key.length, (index) => key.charCodeAt(index));
  if (ascii !== null) return ascii;
  const bytes = Buffer.from(key, 'utf8');
  return hashUnits(bytes.length, (index) => bytes[index] ?? 0, 0xff) ?? 0;
}

/** Null when a unit is above `max`: keys are ASCII nearly always, and then need no buffer. */
function hashUnits(length: number, at: (index: number) => number, max = 0x7f): number | null {
  let hash = SEED ^ length;
  const wholeEnd = length & ~3;
  let seen = 0;
  for (let index = 0; index < wholeEnd; index += 4) {
    const a = at(index);
    const b = at(index + 1);
    const c = at(index + 2);
    const d = at(index + 3);
    seen |= a | b | c | d;
    let word = Math.imul(a | (b << 8) | (c << 16) | (d << 24), MULTIPLIER);
    word = Math.imul(word ^ (word >>> 24), MULTIPLIER);
    hash = Math.imul(hash, MULTIPLIER) ^ word;
  }
  for (let index = length - 1; index >= wholeEnd; index -= 1) {
    const unit = at(index);
    seen |= unit;
    hash ^= unit << (8 * (index - wholeEnd));
  }
  if (length !== wholeEnd) hash = Math.imul(hash, MULTIPLIER);
  if (seen > max) return null;
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return hash ^ (hash >>> 15);
}
