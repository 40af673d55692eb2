import { ROLES, type Role } from '@gateway/contracts';
import { PhoneNumberField } from './account.dto';
import {
  EmailField,
  OneOfField,
  PatternField,
  SecretField,
  TextField,
  TextListField,
  TimeField,
  UrlField,
  UuidField,
} from './dto-fields';

const NAME_CHARACTERS_MAX = 100;

export class OrganizationDto {
  @UuidField()
  readonly id!: string;

  @TextField({ charactersMax: 200 })
  readonly name!: string;

  @UrlField({ isNullable: true })
  readonly website!: string | null;

  @TextField({ charactersMax: 100, isNullable: true })
  readonly accountType!: string | null;

  @OneOfField(ROLES, { description: 'What the user is there.' })
  readonly role!: Role;

  @TimeField()
  readonly createdAt!: string;
}

export class ContactDto {
  @TextField({ charactersMax: 201 })
  readonly name!: string;

  @EmailField()
  readonly email!: string;

  @PhoneNumberField({ isNullable: true })
  readonly phoneNumber!: string | null;
}

export class OriginsDto {
  @TextListField({ itemsMax: 50, reason: 'must be a list of origins', isValid: () => true })
  readonly origins!: string[];
}

export class OriginDto {
  @PatternField({
    pattern: /^https?:\/\/[^/?#@\s]{1,280}\/?$/i,
    reason: 'must be scheme, host and port of a web page',
    charactersMax: 300,
    example: 'https://www.example.com',
  })
  readonly origin!: string;
}

export class InviteDto {
  @EmailField()
  readonly email!: string;

  @OneOfField(ROLES)
  readonly role!: Role;
}

export class RoleDto {
  @OneOfField(ROLES)
  readonly role!: Role;
}

export class InviteTokenDto {
  @SecretField({ charactersMax: 500 })
  readonly inviteToken!: string;
}

export class MemberDto {
  @UuidField()
  readonly id!: string;

  @EmailField()
  readonly email!: string;

  @TextField({ charactersMax: NAME_CHARACTERS_MAX, isNullable: true })
  readonly firstName!: string | null;

  @TextField({ charactersMax: NAME_CHARACTERS_MAX, isNullable: true })
  readonly lastName!: string | null;

  @OneOfField(ROLES)
  readonly role!: Role;

  @OneOfField(['ACTIVE', 'INVITED'])
  readonly state!: string;

  @TimeField()
  readonly createdAt!: string;
}
