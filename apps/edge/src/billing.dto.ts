import { BooleanField, IntegerField, TextField, TimeField, UuidField } from './dto-fields';

const TEXT_CHARACTERS_MAX = 100;

export class PaymentMethodDto {
  @TextField({ charactersMax: TEXT_CHARACTERS_MAX })
  readonly type!: string;

  @TextField({ charactersMax: TEXT_CHARACTERS_MAX })
  readonly cardBrand!: string;

  @TextField({ charactersMax: 4 })
  readonly cardLast4!: string;

  @IntegerField({ min: 1, max: 12 })
  readonly cardExpirationMonth!: number;

  @IntegerField({ min: 2000, max: 2200 })
  readonly cardExpirationYear!: number;

  @BooleanField()
  readonly isDefault!: boolean;
}

export class InvoiceDto {
  @UuidField()
  readonly id!: string;

  @TimeField()
  readonly createdAt!: string;
}
