const DIGITS_SHOWN_AT_START = 2;
const DIGITS_SHOWN_AT_END = 2;

/** `905321234567` becomes `90*****67`: enough to recognise one's own test, too little to call it. */
export function maskPhoneNumber(text: string): string {
  const digits = text.replace(/\D/g, '');
  if (digits.length < 7) return '*****';
  const start = digits.slice(0, DIGITS_SHOWN_AT_START);
  return `${text.startsWith('+') ? '+' : ''}${start}*****${digits.slice(-DIGITS_SHOWN_AT_END)}`;
}

/** What looks like a number but is none: matched first, and left alone. */
const HARMLESS = [
  '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}',
  // digests: 40 hexadecimal digits and more
  '(?<![0-9a-f])[0-9a-f]{40,}(?![0-9a-f])',
  '"(?:time|pid|port|bytes|count|records|offset|phoneNumberId|wabaId|[A-Za-z]+Ms)":"?-?[\\d.]+',
].join('|');

const SECRETS: readonly (readonly [name: string, pattern: string])[] = [
  ['bearer', 'Bearer\\s+[^\\s"\\\\,]+'],
  ['key', '[ps]k_[0-9A-Za-z]{16,}'],
  ['signing', 'whsec_[0-9A-Za-z+/=]{8,}'],
  ['meta', 'EAA[0-9A-Za-z]{12,}'],
  ['password', '://[^\\s"/@:]+:[^\\s"/@]+@'],
];

const NUMBERS = ['\\+\\d[\\d ().-]{5,20}\\d', '(?<!\\d)\\+?\\d{7,15}(?!\\d)'].join('|');

const REVEALING = new RegExp(
  `(?<harmless>${HARMLESS})|${SECRETS.map(([name, pattern]) => `(?<${name}>${pattern})`).join('|')}|${NUMBERS}`,
  'g',
);

const MASKED_SECRETS: Readonly<Record<string, string>> = {
  bearer: 'Bearer ***',
  key: '?k_***',
  signing: 'whsec_***',
  meta: 'EAA***',
  password: '://***:***@',
};

/**
 * The last resort behind allow-listed fields: hides what looks like a phone number (7 to 15 digits), an API key, a
 * token of Meta's, a Bearer token or a password in a URL, wherever it stands in a finished line.
 */
export function maskLine(line: string): string {
  return line.replace(REVEALING, (match: string, ...rest: unknown[]) => {
    const groups = rest.at(-1) as Readonly<Record<string, string | undefined>>;
    if (groups.harmless !== undefined) return match;
    const secret = SECRETS.find(([name]) => groups[name] !== undefined);
    return secret === undefined
      ? maskPhoneNumber(match)
      : (MASKED_SECRETS[secret[0]] ?? '***').replace('?', match.charAt(0));
  });
}
