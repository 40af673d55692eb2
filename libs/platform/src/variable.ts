import { ed25519PublicBytes } from './ed25519';

type Parsed<T> = { readonly value: T } | { readonly problem: string };

/** One environment variable: its name, meaning, default, and how its text becomes a value. */
export interface Variable<T> {
  readonly name: string;
  readonly doc: string;
  readonly isRequired: boolean;
  readonly isSecret: boolean;
  readonly default: T | undefined;
  /**
   * A problem completes the sentence "<name> ..." and never repeats the text.
   *
   * @param isProduction refuses what is fine for a trial only; false unless given
   */
  parse(text: string, isProduction?: boolean): Parsed<T>;
}

interface Options<T> {
  /** What it is for, with its unit; one line. */
  readonly doc: string;
  readonly default?: T;
  /** Missing gives `undefined` instead of an error. */
  readonly optional?: true;
}

type ValueOf<T, O> = O extends { readonly optional: true } ? T | undefined : T;

interface Rule<T> {
  readonly isSecret?: boolean;
  readonly parse: (text: string, isProduction?: boolean) => Parsed<T>;
}

function define<T, O extends Options<T>>(
  name: string,
  options: O,
  { isSecret = false, parse }: Rule<T>,
): Variable<ValueOf<T, O>> {
  return {
    name,
    doc: options.doc,
    isRequired: options.default === undefined && options.optional !== true,
    isSecret,
    default: options.default,
    parse: parse,
  };
}

const problem = (text: string): { readonly problem: string } => ({ problem: text });

interface TextOptions extends Options<string> {
  readonly pattern?: RegExp;
}

function text<const O extends TextOptions>(name: string, options: O) {
  const { pattern } = options;
  return define<string, O>(name, options, {
    parse: (value) =>
      pattern === undefined || pattern.test(value)
        ? { value }
        : problem(`must match ${pattern.source}`),
  });
}

interface IntegerOptions extends Options<number> {
  readonly min?: number;
  readonly max?: number;
}

function integer<const O extends IntegerOptions>(name: string, options: O) {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = options;
  return define<number, O>(name, options, {
    parse: (value) => {
      if (!/^-?\d{1,16}$/.test(value)) return problem('must be a whole number');
      const number = Number(value);
      if (number < min) return problem(`must be at least ${min}`);
      return number > max ? problem(`must be at most ${max}`) : { value: number };
    },
  });
}

function port<const O extends Options<number>>(name: string, options: O) {
  return define<number, O>(name, options, integer(name, { doc: options.doc, min: 0, max: 65_535 }));
}

const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, false: false };

function boolean<const O extends Options<boolean>>(name: string, options: O) {
  return define<boolean, O>(name, options, {
    parse: (value) => {
      const parsed = Object.hasOwn(BOOLEANS, value) ? BOOLEANS[value] : undefined;
      return parsed === undefined ? problem('must be true or false') : { value: parsed };
    },
  });
}

interface UrlOptions extends Options<string> {
  /** Without the colon, for example `['https']`. */
  readonly protocols?: readonly string[];
  /** The URL carries a password. */
  readonly secret?: true;
}

/** The value is the text as given, without a slash at its end. */
function url<const O extends UrlOptions>(name: string, options: O) {
  const { protocols = ['http', 'https'] } = options;
  return define<string, O>(name, options, {
    isSecret: options.secret === true,
    parse: (value) => {
      const protocol = URL.canParse(value) ? new URL(value).protocol.slice(0, -1) : undefined;
      return protocol !== undefined && protocols.includes(protocol)
        ? { value: value.replace(/\/$/, '') }
        : problem(`must be a URL of ${protocols.join(' or ')}`);
    },
  });
}

interface SecretOptions extends Options<never> {
  /** Bytes of the text in UTF-8; 16 unless told. */
  readonly bytesMin?: number;
}

/** Text that is never printed and has no default. Production refuses one that begins with `trial only`. */
function secret<const O extends SecretOptions>(name: string, options: O) {
  const { bytesMin = 16 } = options;
  return define<string, O>(name, options, {
    isSecret: true,
    parse: (value, isProduction = false) => {
      if (Buffer.byteLength(value) < bytesMin)
        return problem(`must have at least ${bytesMin} bytes`);
      return isProduction && isTrialKey(Buffer.from(value))
        ? problem('is a published secret for trials')
        : { value };
    },
  });
}

const KEY_BYTES = 32;

/** How the bytes of every key begin that is published with the product, for trials. */
const TRIAL_KEY_PREFIX = Buffer.from('trial only');

/** Anybody can sign for the public key that goes with the published one. */
const TRIAL_PUBLIC_KEY = ed25519PublicBytes(Buffer.from('trial only, not for production 5'));

const isTrialKey = (bytes: Buffer): boolean =>
  bytes.subarray(0, TRIAL_KEY_PREFIX.length).equals(TRIAL_KEY_PREFIX) ||
  bytes.equals(TRIAL_PUBLIC_KEY);

/**
 * A key of 32 bytes, as 64 hexadecimal digits or as base64; never printed, no default. Production refuses one whose
 * bytes begin with `trial only`: everybody has those.
 */
function key<const O extends Options<never>>(name: string, options: O) {
  return define<Buffer, O>(name, options, {
    isSecret: true,
    parse: (value, isProduction = false) => {
      const bytes = Buffer.from(value, /^[0-9a-f]{64}$/i.test(value) ? 'hex' : 'base64');
      if (bytes.length !== KEY_BYTES) {
        return problem(`must be ${KEY_BYTES} bytes in hexadecimal or base64`);
      }
      return isProduction && isTrialKey(bytes)
        ? problem('is a published key for trials: make one with "openssl rand -base64 32"')
        : { value: bytes };
    },
  });
}

function oneOf<const V extends string, const O extends Options<V>>(
  name: string,
  values: readonly V[],
  options: O,
) {
  return define<V, O>(name, options, {
    parse: (value) => {
      const found = values.find((candidate) => candidate === value);
      return found === undefined
        ? problem(`must be one of ${values.join(', ')}`)
        : { value: found };
    },
  });
}

/** Comma-separated, blanks around the parts removed. */
function list<const O extends Options<readonly string[]>>(name: string, options: O) {
  return define<readonly string[], O>(name, options, {
    parse: (value) => {
      const parts = value.split(',').map((part) => part.trim());
      return parts.includes('') ? problem('has an empty entry') : { value: parts };
    },
  });
}

/** How an app declares what it reads; see `loadConfig`. `optional: true` gives `T | undefined`. */
export const variable = { text, integer, port, boolean, url, secret, key, oneOf, list };
