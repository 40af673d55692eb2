import { dayMs, isUuid, timeMs } from '@gateway/contracts';
import { applyDecorators, type Type } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform, Type as TransformTo } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsInt,
  IsObject,
  Max,
  Min,
  ValidateBy,
  ValidateIf,
  ValidateNested,
} from 'class-validator';

/** What every field of a DTO may say. One decorator is both the check of a request and its description. */
export interface FieldOptions {
  readonly description?: string;
  readonly example?: unknown;
  /** May be absent. */
  readonly isOptional?: boolean;
  /** May be null. */
  readonly isNullable?: boolean;
}

interface TextOptions extends FieldOptions {
  /** In characters, not in UTF-16 units; 1 unless given. */
  readonly charactersMin?: number;
  readonly charactersMax: number;
  /** Line breaks and tabs are fine. */
  readonly isMultiline?: boolean;
}

interface PatternOptions extends FieldOptions {
  readonly pattern: RegExp;
  /** Completes the sentence "<field> ...". */
  readonly reason: string;
  readonly charactersMax?: number;
}

/** Control characters and halves of surrogate pairs: what a database or a terminal would choke on. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;
const UNPRINTABLE_BUT_BREAKS = /[^\P{Cc}\n\r\t]|\p{Cs}/u;
const EMAIL = /^[^\s@"(),:;<>[\\\]]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}$/;
const EMAIL_CHARACTERS_MAX = 254;
const WHOLE_NUMBER = /^-?\d{1,15}$/;

/** Text that can be shown: neither blank (unless it may be empty) nor with anything unprintable. */
export const TextField = (options: TextOptions): PropertyDecorator => {
  const { charactersMin = 1, charactersMax, isMultiline = false } = options;
  const unprintable = isMultiline ? UNPRINTABLE_BUT_BREAKS : UNPRINTABLE;
  return field(
    { type: 'string', minLength: charactersMin, maxLength: charactersMax },
    options,
    rule(`must be text of ${charactersMin} to ${charactersMax} printable characters`, (value) => {
      if (typeof value !== 'string' || value.length > 2 * charactersMax) return false;
      const count = Array.from(value).length;
      const isBlank = charactersMin > 0 && value.trim() === '';
      return (
        !isBlank && count >= charactersMin && count <= charactersMax && !unprintable.test(value)
      );
    }),
  );
};

/** Text of one form. */
export const PatternField = (options: PatternOptions): PropertyDecorator => {
  const { pattern, reason, charactersMax = 1_000 } = options;
  return field(
    { type: 'string', pattern: pattern.source },
    options,
    rule(
      reason,
      (value) => typeof value === 'string' && value.length <= charactersMax && pattern.test(value),
    ),
  );
};

/** A UUID in its lower-case form. */
export const UuidField = (options: FieldOptions = {}): PropertyDecorator =>
  field(
    { type: 'string', format: 'uuid' },
    options,
    rule('must be a UUID', (value) => isUuid(value)),
  );

export const EmailField = (options: FieldOptions = {}): PropertyDecorator =>
  field(
    { type: 'string', format: 'email', maxLength: EMAIL_CHARACTERS_MAX },
    options,
    rule(
      'must be an e-mail address',
      (value) =>
        typeof value === 'string' && value.length <= EMAIL_CHARACTERS_MAX && EMAIL.test(value),
    ),
  );

/** A secret that is checked elsewhere: any text, bounded. */
export const SecretField = (
  options: FieldOptions & { charactersMin?: number; charactersMax: number },
): PropertyDecorator => {
  const { charactersMin = 1, charactersMax } = options;
  return field(
    { type: 'string', minLength: charactersMin, maxLength: charactersMax },
    options,
    rule(
      `must be text of ${charactersMin} to ${charactersMax} characters`,
      (value) =>
        typeof value === 'string' && value.length >= charactersMin && value.length <= charactersMax,
    ),
  );
};

/** A URL of one of the protocols, with neither user name nor password. */
export const UrlField = (
  options: FieldOptions & { protocols?: readonly string[]; charactersMax?: number } = {},
): PropertyDecorator => {
  const { protocols = ['https', 'http'], charactersMax = 2_048 } = options;
  return field(
    { type: 'string', format: 'uri', maxLength: charactersMax },
    options,
    rule(`must be a URL of ${protocols.join(' or ')}`, (value) => {
      if (typeof value !== 'string' || value.length > charactersMax || !URL.canParse(value)) {
        return false;
      }
      const { protocol, username, password } = new URL(value);
      return protocols.includes(protocol.slice(0, -1)) && username === '' && password === '';
    }),
  );
};

export const BooleanField = (options: FieldOptions = {}): PropertyDecorator =>
  field(
    { type: 'boolean' },
    options,
    rule('must be true or false', (value) => typeof value === 'boolean'),
  );

export const OneOfField = (
  values: readonly string[],
  options: FieldOptions = {},
): PropertyDecorator =>
  field(
    { type: 'string', enum: [...values] },
    options,
    rule(
      `must be one of ${values.join(', ')}`,
      (value) => typeof value === 'string' && values.includes(value),
    ),
  );

/** A moment: ISO 8601 with an offset. Whether it must lie in the future is the owner's to judge. */
export const TimeField = (options: FieldOptions = {}): PropertyDecorator =>
  field(
    { type: 'string', format: 'date-time' },
    options,
    rule('must be a time in ISO 8601 with an offset', (value) => timeMs(value) !== null),
  );

/** A day of the calendar. */
export const DayField = (options: FieldOptions = {}): PropertyDecorator =>
  field(
    { type: 'string', format: 'date' },
    options,
    rule('must be a day, YYYY-MM-DD', (value) => dayMs(value) !== null),
  );

interface IntegerOptions extends FieldOptions {
  readonly min: number;
  readonly max: number;
}

export const IntegerField = (options: IntegerOptions): PropertyDecorator => {
  const { min, max } = options;
  const message = `must be a whole number from ${min} to ${max}`;
  return field(
    { type: 'integer', minimum: min, maximum: max },
    options,
    applyDecorators(IsInt({ message }), Min(min, { message }), Max(max, { message })),
  );
};

/** A whole number of a query, where everything is text. */
export const IntegerQuery = (options: IntegerOptions & { default?: number }): PropertyDecorator =>
  applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' && WHOLE_NUMBER.test(value) ? Number(value) : value,
    ),
    IntegerField(options),
    ...(options.default === undefined
      ? []
      : [ApiProperty({ default: options.default, required: false })]),
  );

/**
 * A number of an answer that need not be whole.
 * @public
 */
export const NumberField = (options: FieldOptions = {}): PropertyDecorator =>
  field(
    { type: 'number' },
    options,
    rule('must be a number', (value) => typeof value === 'number' && Number.isFinite(value)),
  );

/** An object of its own class. */
export const ObjectField = (type: () => Type, options: FieldOptions = {}): PropertyDecorator =>
  field(
    // The library takes a function of just this name for one that gives the class.
    { type: () => type() },
    options,
    applyDecorators(
      IsObject({ message: 'must be an object' }),
      ValidateNested(),
      TransformTo(type),
    ),
  );

/**
 * A list of objects of one class.
 * @public
 */
export const ListField = (
  type: () => Type,
  options: FieldOptions & { itemsMax: number },
): PropertyDecorator =>
  field(
    { type: () => [type()], maxItems: options.itemsMax },
    options,
    applyDecorators(
      IsArray({ message: 'must be a list' }),
      ArrayMaxSize(options.itemsMax, { message: `must have at most ${options.itemsMax} items` }),
      ValidateNested({ each: true }),
      TransformTo(type),
    ),
  );

/** A list of texts, each of which `isValid` accepts. */
export const TextListField = (
  options: FieldOptions & {
    itemsMax: number;
    reason: string;
    isValid: (item: string) => boolean;
  },
): PropertyDecorator =>
  field(
    { type: 'array', items: { type: 'string' }, maxItems: options.itemsMax },
    options,
    rule(options.reason, (value) => {
      if (!Array.isArray(value) || value.length > options.itemsMax) return false;
      return value.every((item) => typeof item === 'string' && options.isValid(item));
    }),
  );

/** Text that holds JSON; it travels as it was written. */
export const JsonTextField = (
  options: FieldOptions & { charactersMax: number },
): PropertyDecorator =>
  field(
    { type: 'string', minLength: 1, maxLength: options.charactersMax },
    options,
    rule(
      `must be JSON of at most ${options.charactersMax} characters`,
      (value) =>
        typeof value === 'string' && value.length <= options.charactersMax && isJson(value),
    ),
  );

/** Texts by names that the client chooses; what a name and a text may be is the owner's to judge. */
export const TextMapField = (options: FieldOptions & { entriesMax: number }): PropertyDecorator =>
  field(
    {
      type: 'object',
      additionalProperties: { type: 'string' },
      maxProperties: options.entriesMax,
    },
    options,
    rule(`must be an object of at most ${options.entriesMax} strings`, (value) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
      const texts = Object.values(value);
      return texts.length <= options.entriesMax && texts.every((text) => typeof text === 'string');
    }),
  );

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const rule = (message: string, validate: (value: unknown) => boolean): PropertyDecorator =>
  ValidateBy({ name: 'form', validator: { validate } }, { message });

/** Absent and null are let through only where the field says so: class-validator's `IsOptional` takes both at once. */
function field(
  schema: object,
  { description, example, isOptional = false, isNullable = false }: FieldOptions,
  check: PropertyDecorator,
): PropertyDecorator {
  const described = {
    ...schema,
    ...(description === undefined ? {} : { description }),
    ...(example === undefined ? {} : { example }),
    ...(isNullable ? { nullable: true } : {}),
    required: !isOptional,
  } as ApiPropertyOptions;
  const isSkipped = (value: unknown): boolean =>
    (isOptional && value === undefined) || (isNullable && value === null);
  return applyDecorators(
    ApiProperty(described),
    ValidateIf((_dto: object, value: unknown) => !isSkipped(value)),
    check,
  );
}
