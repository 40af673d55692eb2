import {
  FREE_SERIALS,
  freePhoneNumber,
  freePhoneNumberByToken,
  freePhoneNumberOf,
  type PhoneNumber,
} from './domain/phone-numbers';

const REGISTERED_MAX = 10_000;
/** Meta's own example; who sends from a number that nobody registered sends for this account. */
const DEFAULT_WABA_ID = '102290129340398';

/** Which phone numbers belong to which account, who may use them, and which accounts send their events. */
export class PhoneNumbers {
  private readonly byNumber = new Map<string, PhoneNumber>();
  private readonly byAccount = new Map<string, Set<string>>();
  private readonly subscriptions = new Map<string, boolean>();

  constructor(private readonly random: () => number) {}

  /** A number that nobody has; its account sends events once an app subscribes to it. */
  takeFree(): PhoneNumber {
    const number = freePhoneNumber(Math.floor(this.random() * FREE_SERIALS));
    this.setSubscribed(number.wabaId, false);
    return number;
  }

  /** False when there are too many. */
  register(number: PhoneNumber): boolean {
    const { phoneNumberId, wabaId } = number;
    if (this.byNumber.size >= REGISTERED_MAX && !this.byNumber.has(phoneNumberId)) return false;
    const before = this.byNumber.get(phoneNumberId);
    if (before) this.byAccount.get(before.wabaId)?.delete(phoneNumberId);
    this.byNumber.set(phoneNumberId, number);
    this.byAccount.set(wabaId, (this.byAccount.get(wabaId) ?? new Set()).add(phoneNumberId));
    return true;
  }

  wabaOf(phoneNumberId: string): string {
    const number = this.byNumber.get(phoneNumberId) ?? freePhoneNumberOf(phoneNumberId);
    return number?.wabaId ?? DEFAULT_WABA_ID;
  }

  /** The phone numbers of an account; null when there is no such account. */
  ofAccount(wabaId: string): readonly string[] | null {
    const registered = this.byAccount.get(wabaId);
    if (registered) return [...registered];
    const free = freePhoneNumberOf(wabaId);
    return free?.wabaId === wabaId ? [free.phoneNumberId] : null;
  }

  /** Whether a token may use what has this id. */
  mayUse(token: string, id: string): boolean {
    const own = freePhoneNumberByToken(token);
    if (own) return id === own.phoneNumberId || id === own.wabaId;
    if (freePhoneNumberOf(id)) return false;
    const { accessToken = null } = this.byNumber.get(id) ?? {};
    return accessToken === null || accessToken === token;
  }

  /**
   * Whether an account sends its events. One that was never heard of does: it was connected before this simulator
   * began, or seeded.
   */
  isSubscribed(wabaId: string): boolean {
    return this.subscriptions.get(wabaId) ?? true;
  }

  /** Whether an app has said so. */
  hasSubscribed(wabaId: string): boolean {
    return this.subscriptions.get(wabaId) ?? false;
  }

  setSubscribed(wabaId: string, isSubscribed: boolean): void {
    this.subscriptions.delete(wabaId);
    this.subscriptions.set(wabaId, isSubscribed);
    const [oldest] = this.subscriptions.keys();
    if (this.subscriptions.size > REGISTERED_MAX && oldest !== undefined) {
      this.subscriptions.delete(oldest);
    }
  }
}
