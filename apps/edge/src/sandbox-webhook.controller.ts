import { Body, Param, Post } from '@nestjs/common';
import { Answers } from './answers';
import type { MemberOfOrganization } from './domain/access';
import { HandlePipe } from './dto.pipe';
import { Access, ManagementController, Member } from './management-api';
import { TargetTestDto, WebhookTestResultDto } from './webhook.dto';
import { WebhooksService } from './webhooks.service';

/** A call to any URL of the user's, to see what his server makes of an event. */
@ManagementController('applications/:appId/sandbox/webhook', 'sandbox')
export class SandboxWebhookController {
  constructor(private readonly webhooks: WebhooksService) {}

  @Post('test')
  @Access('sandbox')
  @Answers({
    summary: 'Post a payload to a URL',
    description: 'It carries no secret and no signature.',
    data: WebhookTestResultDto,
  })
  async test(
    @Member() member: MemberOfOrganization,
    @Param('appId', HandlePipe) appId: string,
    @Body() target: TargetTestDto,
  ): Promise<WebhookTestResultDto> {
    return this.webhooks.testTarget(member, appId, target);
  }
}
