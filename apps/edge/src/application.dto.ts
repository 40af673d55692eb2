import { PhoneNumberField } from './account.dto';
import {
  BooleanField,
  EmailField,
  IntegerField,
  ObjectField,
  OneOfField,
  PatternField,
  TextField,
  TimeField,
  UuidField,
} from './dto-fields';

const APPLICATION_STATUSES = ['DRAFT', 'ACTIVATED', 'RESTRICTED', 'DISCONNECTED'] as const;
const NAME_CHARACTERS_MAX = 100;
const LIMIT_MAX = 1_000_000;

const HandleField = (): PropertyDecorator =>
  PatternField({
    pattern: /^[A-Za-z0-9_-]{1,100}$/,
    reason: 'must be the handle of an application',
    description: 'Public handle of the application.',
  });

const MetaIdField = (): PropertyDecorator =>
  PatternField({ pattern: /^\d{5,20}$/, reason: 'must be 5 to 20 digits' });

export class ApplicationSummaryDto {
  @UuidField()
  readonly id!: string;

  @HandleField()
  readonly appId!: string;

  @TextField({ charactersMax: NAME_CHARACTERS_MAX })
  readonly displayName!: string;

  @OneOfField(APPLICATION_STATUSES)
  readonly status!: string;
}

export class ApplicationContactDto {
  @TextField({ charactersMax: NAME_CHARACTERS_MAX, isNullable: true })
  readonly name!: string | null;

  @EmailField({ isNullable: true })
  readonly email!: string | null;

  @PhoneNumberField({ isNullable: true })
  readonly phoneNumber!: string | null;
}

export class ChannelDto {
  @OneOfField(['whatsapp'])
  readonly platform!: string;

  @UuidField()
  readonly id!: string;

  @TextField({ charactersMax: 50, isNullable: true, description: 'As Meta shows it.' })
  readonly phoneNumber!: string | null;

  @MetaIdField()
  readonly phoneNumberId!: string;

  @MetaIdField()
  readonly wabaId!: string;

  @TextField({ charactersMax: 50, isNullable: true })
  readonly businessUsername!: string | null;

  @TextField({ charactersMax: 500, isNullable: true })
  readonly verifiedName!: string | null;
}

export class ApplicationDto extends ApplicationSummaryDto {
  @TimeField()
  readonly createdAt!: string;

  @TimeField()
  readonly updatedAt!: string;

  @ObjectField(() => ApplicationContactDto, { isNullable: true })
  readonly contact!: ApplicationContactDto | null;

  @ObjectField(() => ChannelDto, {
    isNullable: true,
    isOptional: true,
    description: 'Only with `expand=channel`; null until one is connected.',
  })
  readonly channel?: ChannelDto | null;
}

export class NewApplicationDto {
  @TextField({ charactersMax: NAME_CHARACTERS_MAX })
  readonly applicationName!: string;

  @OneOfField(['whatsapp'])
  readonly platform!: 'whatsapp';
}

export class ExpandQueryDto {
  @OneOfField(['channel'], { isOptional: true })
  readonly expand?: 'channel';
}

export class NewChannelDto {
  @MetaIdField()
  readonly phoneNumberId!: string;

  @MetaIdField()
  readonly wabaId!: string;

  @PatternField({
    pattern: /^[\x21-\x7e]{1,4096}$/,
    reason: 'must be an access token of Meta',
    charactersMax: 4_096,
    isOptional: true,
    description: 'Or `code`.',
  })
  readonly accessToken?: string;

  @PatternField({
    pattern: /^[\x21-\x7e]{1,4096}$/,
    reason: "must be a code of Meta's Embedded Signup",
    charactersMax: 4_096,
    isOptional: true,
    description:
      "What Meta's Embedded Signup ended with, good once; it stands for the access token.",
  })
  readonly code?: string;
}

export class ContactChangeDto {
  @TextField({ charactersMax: NAME_CHARACTERS_MAX, isOptional: true, isNullable: true })
  readonly name?: string | null;

  @EmailField({ isOptional: true, isNullable: true })
  readonly email?: string | null;

  @PhoneNumberField({ isOptional: true, isNullable: true })
  readonly phoneNumber?: string | null;
}

/** What is absent stays. */
export class ApplicationChangeDto {
  @TextField({ charactersMax: NAME_CHARACTERS_MAX, isOptional: true })
  readonly applicationName?: string;

  @ObjectField(() => ContactChangeDto, { isOptional: true })
  readonly contact?: ContactChangeDto;
}

export class NewApiKeyDto {
  @TextField({ charactersMax: NAME_CHARACTERS_MAX })
  readonly name!: string;

  @IntegerField({ min: 1, max: LIMIT_MAX, isOptional: true, isNullable: true })
  readonly dailyLimit?: number | null;

  @IntegerField({ min: 1, max: LIMIT_MAX, isOptional: true, isNullable: true })
  readonly concurrencyLimit?: number | null;

  @IntegerField({ min: 1, max: LIMIT_MAX, isOptional: true, isNullable: true })
  readonly limitPerSecond?: number | null;

  @IntegerField({ min: 1, max: LIMIT_MAX, isOptional: true, isNullable: true })
  readonly limitPerMinute?: number | null;

  @TimeField({ isOptional: true, isNullable: true, description: 'In the future.' })
  readonly expiresAt?: string | null;

  @OneOfField(['production', 'staging'], { isOptional: true })
  readonly environment?: 'production' | 'staging';
}

export class ApiKeyDto {
  @UuidField()
  readonly id!: string;

  @HandleField()
  readonly appId!: string;

  @TextField({ charactersMax: NAME_CHARACTERS_MAX })
  readonly name!: string;

  @IntegerField({ min: 1, max: LIMIT_MAX, isNullable: true })
  readonly dailyLimit!: number | null;

  @IntegerField({ min: 1, max: LIMIT_MAX, isNullable: true })
  readonly concurrencyLimit!: number | null;

  @IntegerField({ min: 1, max: LIMIT_MAX })
  readonly limitPerSecond!: number;

  @IntegerField({ min: 1, max: LIMIT_MAX })
  readonly limitPerMinute!: number;

  @BooleanField()
  readonly isActive!: boolean;

  @TimeField({ isNullable: true })
  readonly expiresAt!: string | null;

  @TimeField()
  readonly createdAt!: string;

  @OneOfField(['pk_', 'sk_'])
  readonly prefix!: string;

  @PatternField({ pattern: /^[0-9A-Za-z]{4}$/, reason: 'must be 4 characters' })
  readonly last4!: string;

  @OneOfField(['production', 'staging'])
  readonly environment!: string;

  @TimeField({ isNullable: true, description: 'Null: not known.' })
  readonly lastUsedAt!: string | null;
}

export class CreatedApiKeyDto extends ApiKeyDto {
  @PatternField({
    pattern: /^[ps]k_[0-9A-Za-z]{49}$/,
    reason: 'must be a key',
    description: 'The key in full, this once.',
  })
  readonly key!: string;
}

export class NewTestNumberDto {
  @PhoneNumberField()
  readonly phoneNumber!: string;

  @TextField({ charactersMax: 50, isOptional: true, isNullable: true })
  readonly title?: string | null;
}

export class TestNumberChangeDto {
  @TextField({ charactersMax: 50, isNullable: true })
  readonly title!: string | null;
}

export class TestNumberDto {
  @UuidField()
  readonly id!: string;

  @HandleField()
  readonly appId!: string;

  @TextField({ charactersMax: 50, isNullable: true })
  readonly title!: string | null;

  @PhoneNumberField()
  readonly phoneNumber!: string;
}
