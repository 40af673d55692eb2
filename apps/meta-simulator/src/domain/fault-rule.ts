import { BROKEN_ANSWERS, isBrokenAnswerKind, type Fault } from './faults';
import { META_ERRORS } from './meta-errors';

/** A fault as the control endpoint is asked for it. */
interface RequestedRule {
  readonly phoneNumberId?: string;
  readonly recipient?: string;
  readonly fault: Fault;
  readonly remaining: number;
  readonly untilMs: number;
}

const FIELDS = ['phoneNumberId', 'recipient', 'fault', 'latencyMs', 'perSecond', 'count', 'forMs'];
const LATENCY_MS_MAX = 3_600_000;
const PER_SECOND_MAX = 100_000;

const FAULT_HELP = `fault is latency (with latencyMs), throughput (with perSecond), error-<code>, ${Object.keys(BROKEN_ANSWERS).join(', ')}`;

/** The rule in the body of a request, or what is wrong with it. */
export function readFaultRule(body: unknown, nowMs: number): RequestedRule | string {
  if (typeof body !== 'object' || body === null) return 'The body must be a JSON object';
  const fields = body as Record<string, unknown>;
  const unknown = Object.keys(fields).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) return `Unknown field ${unknown}; known are ${FIELDS.join(', ')}`;
  const { phoneNumberId, recipient, count, forMs } = fields;
  if (!isOptionalDigits(phoneNumberId)) return 'phoneNumberId is text of digits';
  if (!isOptionalDigits(recipient)) return 'recipient is text of digits';
  if (!isOptionalPositive(count)) return 'count is an integer above 0';
  if (!isOptionalPositive(forMs)) return 'forMs is an integer above 0';
  const fault = readFault(fields);
  if (typeof fault === 'string') return fault;
  return {
    phoneNumberId,
    recipient,
    fault,
    remaining: count ?? Infinity,
    untilMs: forMs === undefined ? Infinity : nowMs + forMs,
  };
}

function readFault({ fault, latencyMs, perSecond }: Record<string, unknown>): Fault | string {
  const name = fault ?? (latencyMs === undefined ? undefined : 'latency');
  if (typeof name !== 'string') return FAULT_HELP;
  if (name === 'latency') {
    return isPositive(latencyMs) && latencyMs <= LATENCY_MS_MAX
      ? { kind: 'latency', latencyMs }
      : `latencyMs is an integer from 1 to ${LATENCY_MS_MAX}`;
  }
  if (name === 'throughput') {
    return isPositive(perSecond) && perSecond <= PER_SECOND_MAX
      ? { kind: 'throughput', perSecond }
      : `perSecond is an integer from 1 to ${PER_SECOND_MAX}`;
  }
  return namedFault(name) ?? FAULT_HELP;
}

function namedFault(name: string): Fault | null {
  if (isBrokenAnswerKind(name)) return { kind: name };
  const error = META_ERRORS.find(({ code }) => name === `error-${code}`);
  return error ? { kind: 'error', error } : null;
}

const isOptionalDigits = (value: unknown): value is string | undefined =>
  value === undefined || (typeof value === 'string' && /^\d{1,32}$/.test(value));

const isOptionalPositive = (value: unknown): value is number | undefined =>
  value === undefined || isPositive(value);

const isPositive = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
