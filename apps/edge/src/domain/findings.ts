import type { FieldError } from '@gateway/errors';

export type JsonObject = Readonly<Record<string, unknown>>;

/** More wrong fields than this are not named, so that a hostile body makes no huge answer. */
export const FINDINGS_MAX = 100;

/** Gathers every wrong field of a request; the answer names them all (`contract.md` section 1). */
export class Findings {
  readonly fields: FieldError[] = [];

  add(path: string, reason: string): void {
    if (this.fields.length < FINDINGS_MAX) this.fields.push({ path, reason });
  }
}

interface TextLimits {
  readonly charactersMax?: number;
  readonly isRequired?: boolean;
  readonly mayBeEmpty?: boolean;
}

/** Checks a field that Meta takes as a string; lengths count code points. */
export function checkText(
  findings: Findings,
  path: string,
  value: unknown,
  limits: TextLimits = {},
): void {
  if (value === undefined) {
    if (limits.isRequired !== false) findings.add(path, 'is missing');
    return;
  }
  const problem = typeof value === 'string' ? textProblem(value, limits) : 'must be a string';
  if (problem !== null) findings.add(path, problem);
}

function textProblem(value: string, limits: TextLimits): string | null {
  const { charactersMax = Infinity, isRequired = true, mayBeEmpty = false } = limits;
  if (value === '' && isRequired && !mayBeEmpty) return 'must not be empty';
  // Only text that could be too long is counted.
  const isTooLong = value.length > charactersMax && countCharacters(value) > charactersMax;
  return isTooLong ? `must have at most ${charactersMax} characters` : null;
}

/** Checks an id: clients give them as strings or as numbers, and Meta takes both. */
export function checkId(
  findings: Findings,
  path: string,
  value: unknown,
  limits: TextLimits = {},
): void {
  if (typeof value !== 'number') checkText(findings, path, value, limits);
}

export function checkBoolean(findings: Findings, path: string, value: unknown): void {
  const isAccepted =
    value === undefined || typeof value === 'boolean' || value === 'true' || value === 'false';
  if (!isAccepted) findings.add(path, 'must be true or false');
}

export function checkOneOf(
  findings: Findings,
  path: string,
  value: unknown,
  allowed: readonly string[],
): void {
  if (value === undefined) findings.add(path, 'is missing');
  else if (!allowed.includes(value as string)) {
    findings.add(path, `must be one of: ${allowed.join(', ')}`);
  }
}

/** The value as an object; Meta also takes an object as a JSON-encoded string. `null` names the finding. */
export function asObject(findings: Findings, path: string, value: unknown): JsonObject | null {
  const decoded = typeof value === 'string' ? parsed(value) : value;
  if (isObject(decoded)) return decoded;
  findings.add(path, value === undefined ? 'is missing' : 'must be an object');
  return null;
}

/** As `asObject`, but an absent field is no finding. */
export function asOptionalObject(
  findings: Findings,
  path: string,
  value: unknown,
): JsonObject | null {
  return value === undefined ? null : asObject(findings, path, value);
}

/** The value as a list, also when given as a JSON-encoded string. `null` names the finding. */
export function asList(
  findings: Findings,
  path: string,
  value: unknown,
  { itemsMin = 0, itemsMax = Infinity }: { itemsMin?: number; itemsMax?: number } = {},
): readonly unknown[] | null {
  const decoded = typeof value === 'string' ? parsed(value) : value;
  if (!Array.isArray(decoded)) {
    findings.add(path, value === undefined ? 'is missing' : 'must be a list');
    return null;
  }
  if (decoded.length < itemsMin) findings.add(path, `must have at least ${itemsMin} item`);
  if (decoded.length > itemsMax) findings.add(path, `must have at most ${itemsMax} items`);
  return decoded as readonly unknown[];
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}

function countCharacters(value: string): number {
  let count = 0;
  for (let index = 0; index < value.length; index++, count++) {
    if ((value.codePointAt(index) ?? 0) > 0xffff) index++;
  }
  return count;
}
