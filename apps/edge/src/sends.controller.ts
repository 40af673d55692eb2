import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerSend } from './answer';
import { DescribeSend } from './api-description';
import { BY_API_KEY, callerOf } from './edge-http.config';
import { SendsService } from './sends.service';

type SendHttpRequest = FastifyRequest<{
  Querystring: Readonly<Record<string, unknown>>;
  Body: Buffer | undefined;
  Headers: { 'idempotency-key'?: string };
}>;

@Controller('v1/wa/message')
export class SendsController {
  constructor(private readonly sends: SendsService) {}

  @Post()
  @HttpCode(200)
  @RouteConfig(BY_API_KEY)
  @DescribeSend()
  async send(@Req() request: SendHttpRequest, @Res() reply: FastifyReply): Promise<void> {
    const { headers } = request;
    const raw = {
      body: request.body ?? Buffer.alloc(0),
      contentType: headers['content-type'],
      contentEncoding: headers['content-encoding'],
      query: request.query,
      idempotencyKey: headers['idempotency-key'],
    };
    const outcome = await this.sends.send(callerOf(request), raw, headers.traceparent);
    answerSend(reply, outcome);
  }
}
