import {
  EmailField,
  IntegerField,
  OneOfField,
  PatternField,
  SecretField,
  TextField,
  TimeField,
  UrlField,
  UuidField,
} from './dto-fields';

const PASSWORD_CHARACTERS_MAX = 256;
const TOKEN_CHARACTERS_MAX = 500;
const NAME_CHARACTERS_MAX = 100;

/** A password that somebody gives himself. */
const NewPasswordField = (): PropertyDecorator =>
  SecretField({ charactersMin: 8, charactersMax: PASSWORD_CHARACTERS_MAX });

/** A phone number in E.164 with its plus. */
export const PhoneNumberField = (
  options: { isOptional?: boolean; isNullable?: boolean } = {},
): PropertyDecorator =>
  PatternField({
    pattern: /^\+[1-9]\d{6,14}$/,
    reason: 'must be a phone number in E.164 with its plus',
    example: '+905321234567',
    ...options,
  });

export class SignInDto {
  @EmailField()
  readonly email!: string;

  @SecretField({ charactersMax: PASSWORD_CHARACTERS_MAX })
  readonly password!: string;
}

export class RegistrationDto {
  @TextField({ charactersMax: NAME_CHARACTERS_MAX })
  readonly firstName!: string;

  @TextField({ charactersMax: NAME_CHARACTERS_MAX })
  readonly lastName!: string;

  @EmailField()
  readonly email!: string;

  @NewPasswordField()
  readonly password!: string;
}

export class RefreshDto {
  @SecretField({
    charactersMax: TOKEN_CHARACTERS_MAX,
    description: 'Only with `X-Client-Type: native`; a browser sends its cookie.',
    isOptional: true,
  })
  readonly refreshToken?: string;
}

export class PasswordChangeDto {
  @SecretField({ charactersMax: PASSWORD_CHARACTERS_MAX })
  readonly currentPassword!: string;

  @NewPasswordField()
  readonly newPassword!: string;

  @SecretField({ charactersMax: PASSWORD_CHARACTERS_MAX, description: 'The same once more.' })
  readonly confirmPassword!: string;
}

export class PasswordResetDto {
  @SecretField({ charactersMax: TOKEN_CHARACTERS_MAX })
  readonly passwordResetToken!: string;

  @NewPasswordField()
  readonly newPassword!: string;

  @SecretField({ charactersMax: PASSWORD_CHARACTERS_MAX, description: 'The same once more.' })
  readonly confirmPassword!: string;
}

export const CODE_TYPES = ['FORGET_PASSWORD', 'PHONE_VERIFICATION'] as const;

export class SendCodeDto {
  @OneOfField(['WHATSAPP'])
  readonly verificationSource!: 'WHATSAPP';

  @PhoneNumberField()
  readonly target!: string;

  @OneOfField(CODE_TYPES, { description: '`PHONE_VERIFICATION` needs an access token.' })
  readonly type!: (typeof CODE_TYPES)[number];
}

export class VerifyCodeDto {
  @PatternField({ pattern: /^\d{6}$/, reason: 'must be 6 digits', example: '123456' })
  readonly code!: string;

  @OneOfField(['WHATSAPP'])
  readonly verificationSource!: 'WHATSAPP';

  @OneOfField(['FORGET_PASSWORD'], {
    isOptional: true,
    description: 'For a reset; without it, the phone of the signed-in user is checked.',
  })
  readonly type?: 'FORGET_PASSWORD';

  @PhoneNumberField({ isOptional: true })
  readonly target?: string;
}

/** That a code is on its way, if there is somebody to send it to. */
export class CodeSentDto {
  @OneOfField(['WHATSAPP'])
  readonly verificationSource!: 'WHATSAPP';

  @OneOfField(CODE_TYPES)
  readonly type!: (typeof CODE_TYPES)[number];

  @IntegerField({ min: 1, max: 3_600, description: 'Seconds that the code is good for.' })
  readonly expiresIn!: number;
}

/** What a right code leads to: a token for a new password, or a number that is the user's now. */
export class CodeVerifiedDto {
  @SecretField({ charactersMax: TOKEN_CHARACTERS_MAX, isOptional: true })
  readonly passwordResetToken?: string;

  @TimeField({ isOptional: true })
  readonly expiresAt?: string;

  @PhoneNumberField({ isOptional: true })
  readonly phoneNumber?: string;
}

/** What a signed-in client holds. */
export class TokensDto {
  @SecretField({ charactersMax: 2_048, description: 'Goes into `Authorization: Bearer`.' })
  readonly accessToken!: string;

  @SecretField({
    charactersMax: TOKEN_CHARACTERS_MAX,
    isOptional: true,
    description: 'Only with `X-Client-Type: native`; a browser has it in a cookie.',
  })
  readonly refreshToken?: string;

  @IntegerField({
    min: 1,
    max: 86_400,
    description: 'Seconds that the access token is good for.',
  })
  readonly expiresIn!: number;
}

export class UserDto {
  @UuidField()
  readonly id!: string;

  @EmailField()
  readonly email!: string;

  @OneOfField(['ACTIVE', 'DISABLED'])
  readonly state!: string;

  @TextField({ charactersMax: NAME_CHARACTERS_MAX })
  readonly firstName!: string;

  @TextField({ charactersMax: NAME_CHARACTERS_MAX })
  readonly lastName!: string;

  @PhoneNumberField({ isOptional: true })
  readonly phoneNumber?: string;
}

export class NewOrganizationDto {
  @TextField({ charactersMax: 200 })
  readonly organizationName!: string;

  @UrlField({ isOptional: true, isNullable: true })
  readonly organizationWebsite?: string | null;

  @TextField({ charactersMax: 100 })
  readonly businessRole!: string;

  @TextField({ charactersMax: 100 })
  readonly accountType!: string;
}
