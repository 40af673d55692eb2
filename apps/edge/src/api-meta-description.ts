import { applyDecorators } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiHeader,
  ApiOperation,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { ErrorCode } from '@gateway/errors';
import { EVERY_ANSWER, errorResponses } from './api-description';

const TAG = 'Webhooks from Meta';

/** Every code of the handshake. */
const META_HANDSHAKE_CODES: readonly ErrorCode[] = ['WH_001', 'GW_500'];

/** Every code that Meta can get for a webhook. */
const META_WEBHOOK_CODES: readonly ErrorCode[] = [
  'WH_002',
  'WH_003',
  'WH_004',
  'WH_005',
  'GW_005',
  'GW_009',
  'GW_500',
];

const hubQuery = (name: string, description: string): MethodDecorator & ClassDecorator =>
  ApiQuery({ name, description, required: true, schema: { type: 'string' } });

/** `GET /v1/webhooks/meta` in the API's description. */
export const DescribeMetaHandshake = (): MethodDecorator =>
  applyDecorators(
    ApiTags(TAG),
    ApiOperation({
      operationId: 'verifyMetaWebhook',
      summary: "Meta's handshake",
      description: 'Meta calls it when the callback URL is entered; nobody else needs it.',
    }),
    hubQuery('hub.mode', '`subscribe`'),
    hubQuery('hub.challenge', 'What is answered as it is.'),
    hubQuery('hub.verify_token', 'The verify token that was entered at Meta.'),
    ApiResponse({
      status: 200,
      description: 'The bare challenge.',
      headers: { ...EVERY_ANSWER },
      content: { 'text/plain': { schema: { type: 'string' }, example: '1158201444' } },
    }),
    ...errorResponses(META_HANDSHAKE_CODES, EVERY_ANSWER),
  );

/** `POST /v1/webhooks/meta` in the API's description. */
export const DescribeMetaWebhook = (): MethodDecorator =>
  applyDecorators(
    ApiTags(TAG),
    ApiOperation({
      operationId: 'takeMetaWebhook',
      summary: "Meta's events",
      description:
        'Meta calls it; 200 says that every event of the batch is durable. Up to 3 MB, signed over the bytes as sent.',
    }),
    ApiHeader({
      name: 'X-Hub-Signature-256',
      description:
        '`sha256=` and the HMAC-SHA256 of the body under the app secret, in hexadecimal.',
      required: true,
      schema: { type: 'string', pattern: '^sha256=[0-9a-fA-F]{64}$' },
    }),
    ApiConsumes('application/json'),
    ApiBody({
      required: true,
      schema: {
        type: 'object',
        required: ['object', 'entry'],
        properties: {
          object: { type: 'string', enum: ['whatsapp_business_account'] },
          entry: { type: 'array', minItems: 1, items: { type: 'object' } },
        },
      },
    }),
    ApiResponse({
      status: 200,
      description: 'Every event is durable.',
      headers: { ...EVERY_ANSWER },
      content: {
        'application/json': {
          schema: {
            type: 'object',
            required: ['isSuccess', 'data'],
            properties: { isSuccess: { type: 'boolean', enum: [true] }, data: { type: 'null' } },
          },
          example: { isSuccess: true, data: null },
        },
      },
    }),
    ...errorResponses(META_WEBHOOK_CODES, EVERY_ANSWER),
  );
