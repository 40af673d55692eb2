const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const isUuid = (value: unknown): value is string =>
  typeof value === 'string' && UUID.test(value);

/** JSON bytes as an object, or null when they are anything else. */
export function parseObject(value: Buffer | null): Record<string, unknown> | null {
  if (value === null) return null;
  try {
    return objectOf(JSON.parse(value.toString('utf8')));
  } catch {
    return null;
  }
}

/** A value as an object, or null when it is anything else. */
export const objectOf = (value: unknown): Record<string, unknown> | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
