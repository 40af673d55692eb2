import { randomBytes, randomInt } from 'node:crypto';
import type { Place } from './places';

const LETTERS_AND_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const LENGTH = 40;

/** Texts that occur nowhere by themselves, planted to be looked for afterwards. */
export class Canaries {
  private readonly secrets = new Map<string, string>();
  private readonly phoneNumbers = new Map<string, string>();

  /** A new secret; `before` is put in front where a secret must begin with something. */
  secret(name: string, before = ''): string {
    const random = Array.from(randomBytes(LENGTH), (byte) => LETTERS_AND_DIGITS[byte % 62]).join(
      '',
    );
    return this.keep(name, before + random);
  }

  /** A secret that the gateway made. */
  keep(name: string, secret: unknown): string {
    if (typeof secret !== 'string' || secret.length < 12) throw new Error(`${name} is no secret`);
    this.secrets.set(name, secret);
    return secret;
  }

  /** A number of E.164 with its plus. */
  phoneNumber(name: string): string {
    const number = `90532${randomInt(1_000_000, 9_999_999)}`;
    this.phoneNumbers.set(name, number);
    return `+${number}`;
  }

  get names(): readonly string[] {
    return [...this.secrets.keys(), ...this.phoneNumbers.keys()];
  }

  /** `name in place` of each secret that can be read there, as it is or merely written in another alphabet. */
  secretsIn(places: readonly Place[]): string[] {
    return found(this.secrets, places, formsOf);
  }

  /** The same of the phone numbers. */
  phoneNumbersIn(places: readonly Place[]): string[] {
    return found(this.phoneNumbers, places, (number) => [number]);
  }
}

/** As text, in hexadecimal, and in base64 wherever in it the secret begins. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64url');
    // Without the characters that also depend on what stands before and behind.
    return encoded.slice(4, 4 * Math.floor((offset + bytes.length) / 3));
  });
  return [secret, bytes.toString('hex'), ...base64, ...base64.map(withoutUrlLetters)];
}

const withoutUrlLetters = (text: string): string => text.replace(/-/g, '+').replace(/_/g, '/');

function found(
  canaries: ReadonlyMap<string, string>,
  places: readonly Place[],
  forms: (canary: string) => readonly string[],
): string[] {
  const wanted = [...canaries].map(([name, canary]) => ({ name, forms: new Set(forms(canary)) }));
  return places.flatMap(({ name: place, text }) =>
    wanted
      .filter(({ forms: each }) => [...each].some((form) => text.includes(form)))
      .map(({ name }) => `${name} in ${place}`),
  );
}
