import { CATALOGUE, type ErrorCode } from './catalogue';

/** `docs/errors.md`: a heading for each code, made from the catalogue. */
export function errorsPage(): string {
  const codes = Object.keys(CATALOGUE) as ErrorCode[];
  return [
    '# Errors',
    '',
    'Every error answer has this form; `params` is `{}` when there is nothing to say:',
    '',
    '```json',
    '{ "isSuccess": false, "errors": { "code": "RATE_001", "group": "TOO_MANY_REQUESTS",',
    '    "description": "Rate limit exceeded. Please try again later.",',
    '    "params": { "limit_type": "sec", "retry_after": "1s" } } }',
    '```',
    '',
    'Made from `libs/errors/src/catalogue.ts` by `npm run docs`.',
    ...codes.flatMap(section),
    '',
  ].join('\n');
}

function section(code: ErrorCode): string[] {
  const { status, group, description, resolution } = CATALOGUE[code];
  return [
    '',
    `## ${code}`,
    '',
    `HTTP ${status}, \`${group}\`. ${description}`,
    '',
    `What to do: ${resolution}`,
  ];
}
