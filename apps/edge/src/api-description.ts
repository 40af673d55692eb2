import { applyDecorators } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiHeader,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { CATALOGUE, errorBody, type ErrorCode } from '@gateway/errors';
import { MESSAGE_EXAMPLE, PARAMS_EXAMPLES, REQUEST_EXAMPLES, SENT_EXAMPLE } from './api-examples';
import { schemaRef } from './api-schemas';

/** Codes that any route behind an API key can give. */
const KEY_CODES = ['AUTH_001', 'AUTH_002', 'AUTH_003', 'AUTH_004', 'AUTH_005'] as const;

/** Every code that a send can end with. */
export const SEND_CODES: readonly ErrorCode[] = [
  ...KEY_CODES,
  'AUTH_006',
  'AUTH_007',
  'RATE_001',
  'RATE_002',
  'BILL_001',
  'BILL_002',
  'GW_001',
  'GW_002',
  'GW_003',
  'GW_004',
  'GW_005',
  'GW_006',
  'GW_007',
  'GW_008',
  'GW_009',
  'GW_010',
  'GW_500',
  'META_001',
  'META_002',
  'META_003',
  'META_004',
  'META_005',
];

/** Every code that the state of a message can be answered with. */
export const MESSAGE_CODES: readonly ErrorCode[] = [...KEY_CODES, 'GW_404', 'GW_008', 'GW_500'];

const WITH_RETRY_AFTER: readonly ErrorCode[] = [
  'RATE_001',
  'RATE_002',
  'RATE_003',
  'GW_006',
  'GW_008',
  'META_003',
  'AUTH_004',
  'WH_005',
];

type Headers = Readonly<
  Record<string, { description: string; schema: { type: 'string' | 'integer' } }>
>;

const header = (description: string, type: 'string' | 'integer' = 'string'): Headers[string] => ({
  description,
  schema: { type },
});

/** Headers that every answer has. */
export const EVERY_ANSWER: Headers = {
  'X-Request-Id': header(
    "The caller's own, when it was 1 to 128 visible ASCII characters, or a new one.",
  ),
};
const LIMITS: Headers = {
  'X-RateLimit-sec-Limit': header('Requests a second that the key may make.', 'integer'),
  'X-RateLimit-min-Limit': header('Requests a minute that the key may make.', 'integer'),
};
const REMAINING: Headers = {
  'X-RateLimit-sec-Remaining': header(
    'What is left of the second; once the limiter has seen the request.',
    'integer',
  ),
  'X-RateLimit-min-Remaining': header(
    'What is left of the minute; once the limiter has seen the request.',
    'integer',
  ),
};
const SENT: Headers = {
  'X-Message-Id': header(
    '`msg_<uuid>`: the message inside the gateway; of a message that got an id.',
  ),
  'Idempotent-Replayed': header(
    '`true` when this is the answer to an earlier request with this Idempotency-Key.',
  ),
};
const RETRY_AFTER: Headers = { 'Retry-After': header('Seconds to wait.', 'integer') };

/** One response for each HTTP status, with an example for each code. */
export function errorResponses(codes: readonly ErrorCode[], headers: Headers): MethodDecorator[] {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = CATALOGUE[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return [...byStatus].map(([status, ofStatus]) =>
    ApiResponse({
      status,
      description: ofStatus
        .map((code) => `\`${code}\` ${CATALOGUE[code].description}`)
        .join('\n\n'),
      headers: {
        ...headers,
        ...(ofStatus.some((code) => WITH_RETRY_AFTER.includes(code)) ? RETRY_AFTER : {}),
      },
      content: {
        'application/json': {
          schema: schemaRef('Error'),
          examples: Object.fromEntries(ofStatus.map((code) => [code, errorExample(code)])),
        },
      },
    }),
  );
}

const errorExample = (
  code: ErrorCode,
): { summary: string; description: string; value: unknown } => ({
  summary: code,
  description: CATALOGUE[code].resolution,
  value: errorBody(code, PARAMS_EXAMPLES[code]),
});

const REQUEST_ID_HEADER = ApiHeader({
  name: 'X-Request-Id',
  description:
    'An id of your own for the request, 1 to 128 visible ASCII characters; it comes back.',
  required: false,
  schema: { type: 'string', maxLength: 128 },
});

const flag = (name: string, description: string): MethodDecorator & ClassDecorator =>
  ApiQuery({ name, description, required: false, schema: { type: 'boolean', default: false } });

/** `POST /v1/wa/message` in the API's description. */
export const DescribeSend = (): MethodDecorator =>
  applyDecorators(
    ApiTags('Messages'),
    ApiBearerAuth('apiKey'),
    ApiOperation({
      operationId: 'sendMessage',
      summary: 'Send a message',
      description:
        "Takes Meta's own message object and answers with Meta's own answer. Success means accepted by Meta, not delivered.",
    }),
    flag('is_fake', 'Run everything but the call to Meta; nothing is charged.'),
    flag(
      'mmlite',
      "Send through Meta's Marketing Messages endpoint; templates of category marketing only.",
    ),
    ApiHeader({
      name: 'Idempotency-Key',
      description:
        '1 to 128 visible ASCII characters. Within 24 h the same key of the same app never sends or charges twice.',
      required: false,
      schema: { type: 'string', minLength: 1, maxLength: 128, pattern: '^[\\x21-\\x7e]+$' },
    }),
    REQUEST_ID_HEADER,
    ApiConsumes('application/json'),
    ApiBody({
      required: true,
      schema: schemaRef('SendRequest'),
      examples: { ...REQUEST_EXAMPLES },
    }),
    ApiResponse({
      status: 200,
      description: 'Accepted by Meta (or a fake that ran through).',
      headers: { ...EVERY_ANSWER, ...LIMITS, ...REMAINING, ...SENT },
      content: {
        'application/json': { schema: schemaRef('SendAnswer'), example: SENT_EXAMPLE },
      },
    }),
    ...errorResponses(SEND_CODES, { ...EVERY_ANSWER, ...LIMITS, ...REMAINING, ...SENT }),
  );

/** `GET /v1/wa/messages/{id}` in the API's description. */
export const DescribeMessage = (): MethodDecorator =>
  applyDecorators(
    ApiTags('Messages'),
    ApiBearerAuth('apiKey'),
    ApiOperation({
      operationId: 'getMessage',
      summary: 'State of a message',
      description:
        'Where the outcome appears after GW_010 or META_005. A 404 later than 60 s after the request means that nothing was sent.',
    }),
    ApiParam({
      name: 'id',
      description: 'A wamid, or the `msg_<uuid>` of `X-Message-Id`.',
      schema: { type: 'string' },
    }),
    REQUEST_ID_HEADER,
    ApiResponse({
      status: 200,
      description: 'The message.',
      headers: { ...EVERY_ANSWER, ...LIMITS },
      content: {
        'application/json': { schema: schemaRef('MessageAnswer'), example: MESSAGE_EXAMPLE },
      },
    }),
    ...errorResponses(MESSAGE_CODES, { ...EVERY_ANSWER, ...LIMITS }),
  );
