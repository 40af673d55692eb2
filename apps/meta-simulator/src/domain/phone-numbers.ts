/** What a customer connects to the gateway. */
export interface PhoneNumber {
  readonly phoneNumberId: string;
  readonly wabaId: string;
  /** Null: whoever has any valid token may use it. */
  readonly accessToken: string | null;
}

export const FREE_SERIALS = 1_000_000_000;
const FREE_ID = /^77(\d{9})0([12])$/;
const FREE_TOKEN = /^EAAfree(\d{9})$/;

/**
 * The free phone number of this serial. It follows from the serial alone, so that one that a customer connected is the
 * same after the simulator was started again.
 */
export function freePhoneNumber(serial: number): PhoneNumber & { readonly accessToken: string } {
  const digits = String(serial).padStart(9, '0');
  return {
    phoneNumberId: `77${digits}01`,
    wabaId: `77${digits}02`,
    accessToken: `EAAfree${digits}`,
  };
}

/** The free phone number that has this id, as its own or its account's. */
export function freePhoneNumberOf(id: string): PhoneNumber | null {
  const serial = id.length === 13 ? FREE_ID.exec(id)?.[1] : undefined;
  return serial === undefined ? null : freePhoneNumber(Number(serial));
}

/** The free phone number that a token belongs to. */
export function freePhoneNumberByToken(token: string): PhoneNumber | null {
  const serial = FREE_TOKEN.exec(token)?.[1];
  return serial === undefined ? null : freePhoneNumber(Number(serial));
}

const FREE_CODE = /^AQfree(\d{9})$/;

/** The phone number that somebody signed up for who came back with this code of Embedded Signup. */
export function freePhoneNumberByCode(code: string) {
  const serial = FREE_CODE.exec(code)?.[1];
  return serial === undefined ? null : freePhoneNumber(Number(serial));
}

/** The phone number in the body of a request, or what is wrong with it. */
export function readPhoneNumber(body: unknown): PhoneNumber | string {
  if (typeof body !== 'object' || body === null) return 'The body must be a JSON object';
  const { phoneNumberId, wabaId, accessToken = null, ...more } = body as Record<string, unknown>;
  const [unknown] = Object.keys(more);
  if (unknown !== undefined) return `Unknown field ${unknown}`;
  if (!isId(phoneNumberId)) return 'phoneNumberId is text of 5 to 20 digits';
  if (!isId(wabaId)) return 'wabaId is text of 5 to 20 digits';
  if (accessToken !== null && typeof accessToken !== 'string') return 'accessToken is text or null';
  return { phoneNumberId, wabaId, accessToken };
}

const isId = (value: unknown): value is string =>
  typeof value === 'string' && /^\d{5,20}$/.test(value);
