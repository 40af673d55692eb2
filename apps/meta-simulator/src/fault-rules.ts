import type { Fault } from './domain/faults';
import { Throughput } from './domain/throughput';

/** A fault set by the control endpoint. */
export interface FaultRule {
  readonly id: number;
  /** Absent: every phone number. */
  readonly phoneNumberId?: string;
  /** In digits; absent: every recipient. */
  readonly recipient?: string;
  readonly fault: Fault;
  /** Sends that it still applies to; Infinity without a count. */
  readonly remaining: number;
  /** Monotonic milliseconds at which it ends; Infinity without a duration. */
  readonly untilMs: number;
}

type NewRule = Omit<FaultRule, 'id'>;
type StoredRule = { -readonly [K in keyof FaultRule]: FaultRule[K] } & {
  /** For each phone number that a throughput rule has seen. */
  readonly throughputs: Map<string, Throughput>;
};

const RULES_MAX = 1_000;
const PHONE_NUMBERS_MAX = 10_000;

/** The faults set by the control endpoint: the first rule that matches a send decides. */
export class FaultRules {
  private rules: StoredRule[] = [];
  private lastId = 0;

  /** The rule as stored, or null when there are too many. */
  add(rule: NewRule): FaultRule | null {
    if (this.rules.length >= RULES_MAX) return null;
    this.lastId += 1;
    const stored = { ...rule, id: this.lastId, throughputs: new Map<string, Throughput>() };
    this.rules.push(stored);
    return stored;
  }

  list(nowMs: number): readonly FaultRule[] {
    this.rules = this.rules.filter((rule) => rule.remaining > 0 && rule.untilMs > nowMs);
    return this.rules;
  }

  clear(): void {
    this.rules = [];
  }

  /** Removes one rule; false when there is none with this id. */
  remove(id: number): boolean {
    const before = this.rules.length;
    this.rules = this.rules.filter((rule) => rule.id !== id);
    return this.rules.length < before;
  }

  /** The fault for this send, which counts as one of the rule's. */
  take(phoneNumberId: string, recipient: string | null, nowMs: number): Fault | null {
    for (const rule of this.rules) {
      if (rule.phoneNumberId !== undefined && rule.phoneNumberId !== phoneNumberId) continue;
      if (rule.recipient !== undefined && rule.recipient !== recipient) continue;
      if (rule.remaining <= 0 || rule.untilMs <= nowMs) continue;
      if (rule.fault.kind === 'throughput' && isWithin(rule, phoneNumberId, nowMs)) continue;
      rule.remaining -= 1;
      return rule.fault;
    }
    return null;
  }
}

function isWithin(rule: StoredRule, phoneNumberId: string, nowMs: number): boolean {
  if (rule.fault.kind !== 'throughput') return true;
  let throughput = rule.throughputs.get(phoneNumberId);
  if (!throughput) {
    if (rule.throughputs.size >= PHONE_NUMBERS_MAX) rule.throughputs.clear();
    throughput = new Throughput(rule.fault.perSecond);
    rule.throughputs.set(phoneNumberId, throughput);
  }
  return throughput.admit(nowMs);
}
