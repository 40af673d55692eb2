import { Controller, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DescribeMetaHandshake, DescribeMetaWebhook } from './api-meta-description';
import { FROM_META } from './meta-route.config';
import { MetaWebhooksService } from './meta-webhooks.service';

type MetaWebhookRequest = FastifyRequest<{
  Body: Buffer | undefined;
  Headers: { 'x-hub-signature-256'?: string };
}>;

@Controller('v1/webhooks/meta')
export class MetaWebhooksController {
  constructor(private readonly webhooks: MetaWebhooksService) {}

  /** Text, never HTML: the challenge is whatever the caller wrote. */
  @Get()
  @RouteConfig(FROM_META)
  @DescribeMetaHandshake()
  verify(@Query() query: Readonly<Record<string, unknown>>, @Res() reply: FastifyReply): void {
    const challenge = this.webhooks.challengeOf(query);
    void reply.header('content-type', 'text/plain; charset=utf-8').send(challenge);
  }

  @Post()
  @HttpCode(200)
  @RouteConfig(FROM_META)
  @DescribeMetaWebhook()
  async take(
    @Req() { body, headers }: MetaWebhookRequest,
  ): Promise<{ isSuccess: true; data: null }> {
    await this.webhooks.take({
      body: body ?? Buffer.alloc(0),
      contentType: headers['content-type'],
      signature: headers['x-hub-signature-256'],
    });
    return { isSuccess: true, data: null };
  }
}
