import { CHANGE_FIELDS, INBOUND_TYPES, sampleChange } from './inbound-samples';

/** Messages that users should seem to have sent. */
export interface InboundRequest {
  readonly phoneNumberId: string;
  readonly from: string;
  readonly name: string;
  readonly type: string;
  readonly content: object;
  readonly count: number;
}

/** A change of an account that should seem to have happened. */
export interface ChangeRequest {
  readonly wabaId: string;
  readonly field: string;
  readonly value: object;
}

const DIGITS = /^\d{1,32}$/;
const FIELD = /^[a-z0-9_]{1,100}$/;
const NAME_LENGTH_MAX = 200;
const COUNT_MAX = 10_000;

type Fields = Readonly<Record<string, unknown>>;

const isDigits = (value: unknown): boolean => isMatch(value, DIGITS);
const isName = (value: unknown): boolean =>
  typeof value === 'string' && value.length <= NAME_LENGTH_MAX;
const isType = (value: unknown): boolean =>
  typeof value === 'string' && INBOUND_TYPES.includes(value);
const isCount = (value: unknown): boolean =>
  Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= COUNT_MAX;

const INBOUND_DEFAULTS = {
  from: '16505551234',
  name: 'Sheena Nelson',
  type: 'text',
  content: {},
  count: 1,
};

const INBOUND_CHECKS: Readonly<
  Record<keyof InboundRequest, readonly [(value: unknown) => boolean, string]>
> = {
  phoneNumberId: [isDigits, 'phoneNumberId is text of digits'],
  from: [isDigits, 'from is text of digits'],
  name: [isName, 'name is text'],
  type: [isType, `type is one of ${INBOUND_TYPES.join(', ')}`],
  content: [isObject, 'content is an object'],
  count: [isCount, `count is an integer from 1 to ${COUNT_MAX}`],
};

/** What is asked for, or what is wrong with it. */
export function readInboundRequest(body: unknown): InboundRequest | string {
  if (!isObject(body)) return 'The body must be a JSON object';
  const asked: Fields = { ...INBOUND_DEFAULTS, ...body };
  const unknown = Object.keys(asked).find((name) => !Object.hasOwn(INBOUND_CHECKS, name));
  if (unknown !== undefined) return `Unknown field ${unknown}`;
  for (const [name, [isRight, help]] of Object.entries(INBOUND_CHECKS)) {
    if (!isRight(asked[name])) return help;
  }
  return asked as unknown as InboundRequest;
}

/** What is asked for, or what is wrong with it. */
export function readChangeRequest(body: unknown): ChangeRequest | string {
  if (!isObject(body)) return 'The body must be a JSON object';
  const { wabaId, field, value: given, ...more } = body;
  const [unknown] = Object.keys(more);
  if (unknown !== undefined) return `Unknown field ${unknown}; known are wabaId, field, value`;
  if (!isMatch(wabaId, DIGITS)) return 'wabaId is text of digits';
  if (!isMatch(field, FIELD)) return 'field is the name of a field';
  const value = given ?? sampleChange(field);
  return isObject(value)
    ? { wabaId, field, value }
    : `value is an object; without one, field is one of ${CHANGE_FIELDS.join(', ')}`;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMatch(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}
