/** E.164 with its plus. */
export const PHONE_NUMBER = /^\+[1-9]\d{6,14}$/;
const WITH_OR_WITHOUT_PLUS = /^\+?([1-9]\d{6,14})$/;

/** Digits of an E.164 number, with or without its plus; null when it is none. */
export const phoneNumberDigits = (text: string): string | null =>
  WITH_OR_WITHOUT_PLUS.exec(text)?.[1] ?? null;

/** Digits as E.164 with its plus; null stays null. */
export const withPlus = <Digits extends string | null>(digits: Digits): Digits =>
  (digits === null ? null : `+${digits}`) as Digits;
