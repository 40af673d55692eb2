import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { LEDGER_KINDS } from '@gateway/contracts';
import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';
import { OneOfField, PatternField, TextField, TimeField, UuidField } from './dto-fields';
import { PageQueryDto } from './paging';

const AMOUNT_USD_MAX = 1_000_000;
const CENTS_PER_USD = 100;
const TEXT_CHARACTERS_MAX = 500;
const COUPON_CHARACTERS_MAX = 100;

/** Positive, with two decimals at most. */
const isAmount = (value: unknown): boolean =>
  typeof value === 'number' &&
  value > 0 &&
  value <= AMOUNT_USD_MAX &&
  Number((Math.round(value * CENTS_PER_USD) / CENTS_PER_USD).toFixed(2)) === value;

const AmountField = (): PropertyDecorator =>
  applyDecorators(
    ApiProperty({ type: 'number', minimum: 0.01, maximum: AMOUNT_USD_MAX, multipleOf: 0.01 }),
    ValidateBy(
      { name: 'amount', validator: { validate: isAmount } },
      { message: `must be from 0.01 to ${AMOUNT_USD_MAX} with two decimals at most` },
    ),
  );

/** In a query everything is text. */
const AmountQuery = (): PropertyDecorator =>
  applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' && /^\d{1,7}(\.\d{1,2})?$/.test(value) ? Number(value) : value,
    ),
    AmountField(),
  );

const UsdField = (): PropertyDecorator =>
  PatternField({
    pattern: /^-?\d+\.\d{2,6}$/,
    reason: 'must be dollars with 2 to 6 decimals',
    example: '12.339',
  });

export class BalanceDto {
  @UsdField()
  readonly balance!: string;

  @OneOfField(['USD'])
  readonly currency!: string;
}

export class EntryDto {
  @UuidField({ description: 'Of a fee the message.' })
  readonly id!: string;

  @OneOfField(LEDGER_KINDS)
  readonly kind!: string;

  @UsdField()
  readonly amountUsd!: string;

  @TextField({ charactersMax: TEXT_CHARACTERS_MAX, isNullable: true })
  readonly reason!: string | null;

  @TimeField()
  readonly createdAt!: string;
}

export class EntriesQueryDto extends PageQueryDto {
  @TimeField({ isOptional: true, description: 'Entries from then on.' })
  readonly from?: string;

  @TimeField({ isOptional: true, description: 'Entries before then.' })
  readonly to?: string;

  @OneOfField(LEDGER_KINDS, { isOptional: true })
  readonly kind?: (typeof LEDGER_KINDS)[number];
}

export class TopUpDto {
  @AmountField()
  readonly amountUsd!: number;

  @TextField({ charactersMax: COUPON_CHARACTERS_MAX, isOptional: true, isNullable: true })
  readonly couponCode?: string | null;
}

export class CouponQueryDto {
  @AmountQuery()
  readonly amountUsd!: number;

  @TextField({ charactersMax: COUPON_CHARACTERS_MAX })
  readonly couponCode!: string;
}

export class CouponDto {
  @TextField({ charactersMax: COUPON_CHARACTERS_MAX })
  readonly couponCode!: string;

  @UsdField()
  readonly chargeAmountUsd!: string;
}

const AccountText = (): PropertyDecorator => TextField({ charactersMax: TEXT_CHARACTERS_MAX });

const OptionalText = (): PropertyDecorator =>
  TextField({ charactersMax: TEXT_CHARACTERS_MAX, isOptional: true, isNullable: true });

export class BillingAccountDto {
  @AccountText()
  readonly legalAddress!: string;

  @AccountText()
  readonly taxNumber!: string;

  @AccountText()
  readonly taxOffice!: string;

  @AccountText()
  readonly companyName!: string;

  @AccountText()
  readonly companyLegalTitle!: string;

  @AccountText()
  readonly vatNumber!: string;

  @OptionalText()
  readonly additionalNote?: string | null;

  @OptionalText()
  readonly city?: string | null;

  @OptionalText()
  readonly country?: string | null;
}
