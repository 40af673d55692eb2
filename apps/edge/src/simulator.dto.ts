import { ApiProperty } from '@nestjs/swagger';

/** The simulator that stands in Meta's place. */
export class SimulatorDto {
  @ApiProperty({ type: 'string', format: 'uri', description: 'Where it can be seen at work.' })
  readonly url!: string;
}

/** What connects a phone number of the simulator to an application. */
export class SimulatorNumberDto {
  @ApiProperty({ type: 'string' })
  readonly phoneNumberId!: string;

  @ApiProperty({ type: 'string' })
  readonly wabaId!: string;

  @ApiProperty({ type: 'string', description: 'Of this number alone, and known to the simulator.' })
  readonly accessToken!: string;
}
