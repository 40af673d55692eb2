import { ApiProperty } from '@nestjs/swagger';
import { IntegerQuery, TextField } from './dto-fields';

const PAGE_NUMBER_MAX = 1_000_000;
const PAGE_SIZE_MAX = 100;
const PAGE_SIZE = 20;
const CURSOR_CHARACTERS_MAX = 500;

/** The query of a list in pages. */
export class PageQueryDto {
  @IntegerQuery({ min: 1, max: PAGE_NUMBER_MAX, default: 1, isOptional: true })
  readonly pageNumber: number = 1;

  @IntegerQuery({ min: 1, max: PAGE_SIZE_MAX, default: PAGE_SIZE, isOptional: true })
  readonly pageSize: number = PAGE_SIZE;
}

/** The query of a list by cursor. */
export class CursorQueryDto {
  @TextField({
    charactersMax: CURSOR_CHARACTERS_MAX,
    description: '`nextCursor` of the page before.',
    isOptional: true,
  })
  readonly after?: string;

  @IntegerQuery({ min: 1, max: PAGE_SIZE_MAX, default: PAGE_SIZE, isOptional: true })
  readonly limit: number = PAGE_SIZE;
}

/** Where a page stands among all of them. */
export class PagingMetadataDto {
  @ApiProperty({ type: 'integer', minimum: 1 })
  readonly currentPage!: number;

  @ApiProperty({ type: 'integer', minimum: 1, maximum: PAGE_SIZE_MAX })
  readonly pageSize!: number;

  @ApiProperty({ type: 'integer', minimum: 0 })
  readonly totalCount!: number;

  @ApiProperty({ type: 'integer', minimum: 0 })
  readonly totalPages!: number;

  @ApiProperty({ type: 'boolean' })
  readonly hasNext!: boolean;
}

/** How a list by cursor goes on. */
export class CursorMetadataDto {
  @ApiProperty({ type: 'string', nullable: true, description: 'Null at the end.' })
  readonly nextCursor!: string | null;
}

/** A part of a list; what a controller returns to answer with `pagingMetadata`. */
export class Page<Item> {
  constructor(
    readonly items: readonly Item[],
    readonly pagingMetadata: PagingMetadataDto | CursorMetadataDto,
  ) {}
}

/** One page of `totalCount` items in all. */
export function pageOf<Item>(
  items: readonly Item[],
  { pageNumber, pageSize }: Pick<PageQueryDto, 'pageNumber' | 'pageSize'>,
  totalCount: number,
): Page<Item> {
  const totalPages = Math.ceil(totalCount / pageSize);
  return new Page(items, {
    currentPage: pageNumber,
    pageSize,
    totalCount,
    totalPages,
    hasNext: pageNumber < totalPages,
  });
}

/** One part of a list that goes on behind `nextCursor`. */
export const cursorPageOf = <Item>(items: readonly Item[], nextCursor: string | null): Page<Item> =>
  new Page(items, { nextCursor });
