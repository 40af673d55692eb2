import { ApiProperty } from '@nestjs/swagger';
import { OneOfField, TextField, UuidField } from './dto-fields';

const MESSAGE_CHARACTERS_MAX = 4_096;
const MESSAGE_TYPES = ['CUSTOM'] as const;

export class SandboxMessageDto {
  @UuidField()
  readonly testNumberId!: string;

  @OneOfField(MESSAGE_TYPES)
  readonly messageType!: (typeof MESSAGE_TYPES)[number];

  @TextField({ charactersMax: MESSAGE_CHARACTERS_MAX, isMultiline: true })
  readonly message!: string;
}

export class SandboxMessageResultDto {
  @UuidField()
  readonly testNumberId!: string;

  @TextField({ charactersMax: 16, example: '+905321234567' })
  readonly to!: string;

  @OneOfField(MESSAGE_TYPES)
  readonly messageType!: string;

  @UuidField({ description: 'Of the message, which is among those of the application.' })
  readonly messageId!: string;

  @ApiProperty({ type: 'integer', minimum: 0 })
  readonly elapsedMs!: number;
}
