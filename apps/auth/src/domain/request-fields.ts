import { timeMs } from '@gateway/contracts';
import { AppError, type FieldError } from '@gateway/errors';

const SECRET_LENGTH_MAX = 4_096;
const PASSWORD_MIN = 8;
const PASSWORD_MAX = 256;
/** Lower-case canonical form; nothing else is an id of ours. */
const HANDLE = /^[A-Za-z0-9_-]{1,100}$/;
/** Control characters and halves of surrogate pairs: what a database or a terminal would choke on. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

export const isHandle = (value: unknown): value is string =>
  typeof value === 'string' && HANDLE.test(value);

/** Collects every wrong field of a request, so that its sender mends them all at once. */
export class RequestFields {
  private readonly fields: Readonly<Record<string, unknown>>;

  constructor(
    request: unknown,
    private readonly errors: FieldError[] = [],
    private readonly prefix = '',
  ) {
    this.fields =
      typeof request === 'object' && request !== null ? (request as Record<string, unknown>) : {};
  }

  /** An id or handle in a path: what has not even its form does not exist. */
  reference(path: string, isValid: (value: unknown) => value is string): string {
    const value = this.fields[path];
    if (!isValid(value)) throw new AppError('GW_404');
    return value;
  }

  text(path: string, lengthMax: number): string {
    const value = this.fields[path];
    if (typeof value === 'string' && isPrintable(value, lengthMax)) return value;
    return this.refuse(path, `must be text of 1 to ${lengthMax} printable characters`, '');
  }

  /** Any text, bounded; never named in an error. */
  secret(path: string): string {
    const value = this.fields[path];
    const isGood = typeof value === 'string' && value !== '' && value.length <= SECRET_LENGTH_MAX;
    return isGood ? value : this.refuse(path, 'must be text', '');
  }

  /** A password that somebody gives himself. */
  newPassword(path: string): string {
    const value = this.fields[path];
    const length = typeof value === 'string' ? Array.from(value).length : 0;
    if (typeof value === 'string' && length >= PASSWORD_MIN && length <= PASSWORD_MAX) return value;
    return this.refuse(path, `must have ${PASSWORD_MIN} to ${PASSWORD_MAX} characters`, '');
  }

  optionalText(path: string, lengthMax: number): string | null {
    return this.isAbsent(path) ? null : this.text(path, lengthMax);
  }

  optionalMatching(path: string, pattern: RegExp, reason: string): string | null {
    return this.isAbsent(path) ? null : this.matching(path, pattern, reason);
  }

  /** Names a field that was found wrong by other means. */
  wrong(path: string, reason: string): void {
    this.refuse(path, reason, null);
  }

  /** Whether the request names the field at all, null included. */
  has(path: string): boolean {
    return Object.hasOwn(this.fields, path) && this.fields[path] !== undefined;
  }

  /** The fields of an object inside; its errors are this one's. */
  object(path: string): RequestFields {
    return new RequestFields(this.fields[path], this.errors, `${this.prefix}${path}.`);
  }

  matching(path: string, pattern: RegExp, reason: string): string {
    const value = this.fields[path];
    return typeof value === 'string' && pattern.test(value) ? value : this.refuse(path, reason, '');
  }

  integer(path: string, min: number, max: number): number {
    const value = this.fields[path];
    if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) {
      return Number(value);
    }
    return this.refuse(path, `must be a whole number from ${min} to ${max}`, min);
  }

  optionalInteger(path: string, min: number, max: number): number | undefined {
    return this.isAbsent(path) ? undefined : this.integer(path, min, max);
  }

  oneOf<T extends string>(path: string, values: readonly [T, ...T[]]): T {
    const found = values.find((value) => value === this.fields[path]);
    return found ?? this.refuse(path, `must be one of ${values.join(', ')}`, values[0]);
  }

  /** Unix milliseconds of a moment in the future, ISO 8601 with an offset; null when absent. */
  optionalFutureMs(path: string, nowMs: number): number | null {
    if (this.isAbsent(path)) return null;
    const atMs = timeMs(this.fields[path]);
    if (atMs === null) return this.refuse(path, 'must be a time in ISO 8601 with an offset', null);
    return atMs > nowMs ? atMs : this.refuse(path, 'must be in the future', null);
  }

  /** @throws AppError GW_003 naming every field that was refused */
  check(): void {
    if (this.errors.length > 0) throw new AppError('GW_003', { params: { fields: this.errors } });
  }

  private isAbsent(path: string): boolean {
    return this.fields[path] === undefined || this.fields[path] === null;
  }

  private refuse<T>(path: string, reason: string, placeholder: T): T {
    this.errors.push({ path: this.prefix + path, reason });
    return placeholder;
  }
}

/** Not blank, not too long (in characters, not in UTF-16 units), nothing unprintable. */
function isPrintable(value: string, lengthMax: number): boolean {
  if (value.length > lengthMax * 2 || value.trim() === '' || UNPRINTABLE.test(value)) return false;
  return Array.from(value).length <= lengthMax;
}
