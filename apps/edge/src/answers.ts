import { HttpCode, applyDecorators, type Type } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiHeader,
  ApiOperation,
  ApiResponse,
  getSchemaPath,
} from '@nestjs/swagger';
import { CATALOGUE, type ErrorCode } from '@gateway/errors';
import { EVERY_ANSWER, errorResponses } from './api-description';
import { CursorMetadataDto, PagingMetadataDto } from './paging';

interface AnswerOptions {
  /** What the route does, as a command: shown as its title. */
  readonly summary: string;
  readonly description?: string;
  /** 200 unless given. */
  readonly status?: 200 | 201 | 204;
  /** Class of `data`; `[Class]` for a list of it. Absent: null, or nothing with 204. */
  readonly data?: Type | readonly [Type];
  /** An object that has one of `data` for each name. */
  readonly isByName?: boolean;
  /** A single record may be null. */
  readonly isNullable?: boolean;
  /** How a list goes on. */
  readonly paging?: 'pages' | 'cursor';
  /** Codes of this route, besides those that every route of its kind can give. */
  readonly codes?: readonly ErrorCode[];
  /** The route needs no access token. */
  readonly isOpen?: boolean;
}

/** `X-Client-Type` in the description of a route that gives or takes a refresh token. */
export const NativeClientHeader = (): MethodDecorator =>
  ApiHeader({
    name: 'X-Client-Type',
    description: '`native` carries the refresh token in bodies; without it, it is in a cookie.',
    required: false,
    schema: { type: 'string', enum: ['native'] },
  });

const SIGNED_IN_CODES: readonly ErrorCode[] = ['AUTH_011', 'AUTH_013', 'AUTH_014'];
const COMMON_CODES: readonly ErrorCode[] = [
  'GW_002',
  'GW_003',
  'GW_005',
  'GW_008',
  'GW_009',
  'GW_404',
  'GW_500',
];

/** What a route of the management API answers: its status, and the description of every answer it can give. */
export function Answers(options: AnswerOptions): MethodDecorator {
  const { summary, description, status = 200, data, codes = [], isOpen = false } = options;
  const models = [data, options.paging === 'cursor' ? CursorMetadataDto : PagingMetadataDto].flat();
  return applyDecorators(
    HttpCode(status),
    ApiOperation({ summary, description }),
    ApiExtraModels(...models.filter((model): model is Type => model !== undefined)),
    ApiResponse({
      status,
      description: summary,
      headers: EVERY_ANSWER,
      ...(status === 204 ? {} : { schema: envelopeSchema(options) }),
    }),
    ...errorResponses(
      [...new Set([...(isOpen ? [] : SIGNED_IN_CODES), ...COMMON_CODES, ...codes])].sort(byTable),
      EVERY_ANSWER,
    ),
  );
}

const TABLE = Object.keys(CATALOGUE);
const byTable = (one: ErrorCode, other: ErrorCode): number =>
  TABLE.indexOf(one) - TABLE.indexOf(other);

function envelopeSchema(options: AnswerOptions): object {
  const { paging } = options;
  const metadata = paging === 'cursor' ? CursorMetadataDto : PagingMetadataDto;
  return {
    type: 'object',
    required: ['isSuccess', 'data', ...(paging ? ['pagingMetadata'] : [])],
    properties: {
      isSuccess: { type: 'boolean', enum: [true] },
      data: dataSchema(options),
      ...(paging ? { pagingMetadata: { $ref: getSchemaPath(metadata) } } : {}),
    },
  };
}

function dataSchema({ data, isByName = false, isNullable = false }: AnswerOptions): object {
  if (data === undefined) return { type: 'null' };
  if (typeof data !== 'function') {
    return { type: 'array', items: { $ref: getSchemaPath(data[0]) } };
  }
  const record = { $ref: getSchemaPath(data) };
  const schema = isByName ? { type: 'object', additionalProperties: record } : record;
  return isNullable ? { oneOf: [schema, { type: 'null' }] } : schema;
}
