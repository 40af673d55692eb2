import { Get, Post } from '@nestjs/common';
import { Answers } from './answers';
import { Access, ManagementController } from './management-api';
import { SimulatorDto, SimulatorNumberDto } from './simulator.dto';
import { SimulatorService } from './simulator.service';

/** Lets a newcomer without a Meta account connect a number; an installation that sends to Meta has none of it. */
@ManagementController('simulator', 'applications')
export class SimulatorController {
  constructor(private readonly simulator: SimulatorService) {}

  @Get()
  @Access('account')
  @Answers({
    summary: 'Whether a simulator stands in the place of Meta',
    data: SimulatorDto,
    isNullable: true,
  })
  find(): SimulatorDto | null {
    const { url } = this.simulator;
    return url === null ? null : { url };
  }

  @Post('phone-numbers')
  @Access('applications')
  @Answers({
    summary: 'Take a phone number of the simulator',
    status: 201,
    data: SimulatorNumberDto,
  })
  takeNumber(): Promise<SimulatorNumberDto> {
    return this.simulator.takeNumber();
  }
}
