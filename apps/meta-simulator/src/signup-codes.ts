import { freePhoneNumberByCode } from './domain/phone-numbers';
import type { MetaError } from './domain/meta-errors';

const PATH = /^\/v\d+\.\d+\/oauth\/access_token$/;
const USED_MAX = 10_000;
/** No send is answered with one of these. */
const NO_SUFFIX = 0;
const error = (code: number, subcode: number, title: string): MetaError => ({
  suffix: NO_SUFFIX,
  code,
  subcode,
  status: 400,
  title,
  details: null,
});

/** Gives the access token for a code of Embedded Signup, once. */
export class SignupCodes {
  private readonly used = new Set<string>();

  /** @param appSecret of the app that may ask; empty: any */
  constructor(private readonly appSecret: () => string) {}

  /** @returns null for a URL that asks for something else */
  answer(url: string): { readonly json: string } | { readonly error: MetaError } | null {
    const { pathname, searchParams } = new URL(url, 'http://graph');
    if (!PATH.test(pathname)) return null;
    const secret = this.appSecret();
    if (secret !== '' && searchParams.get('client_secret') !== secret) {
      return { error: error(1, 0, 'Error validating client secret.') };
    }
    const code = searchParams.get('code') ?? '';
    const number = freePhoneNumberByCode(code);
    if (number === null) return { error: error(100, 36_008, 'Invalid verification code format.') };
    if (this.used.has(code)) {
      return { error: error(100, 36_009, 'This authorization code has been used.') };
    }
    if (this.used.size >= USED_MAX) this.used.clear();
    this.used.add(code);
    return { json: JSON.stringify({ access_token: number.accessToken, token_type: 'bearer' }) };
  }
}
