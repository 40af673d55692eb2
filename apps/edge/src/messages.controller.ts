import { Controller, Get, Param, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { DescribeMessage } from './api-description';
import { BY_API_KEY, callerOf } from './edge-http.config';
import { MessagesService, type MessageView } from './messages.service';

@Controller('v1/wa/messages')
export class MessagesController {
  constructor(private readonly messages: MessagesService) {}

  @Get(':id')
  @RouteConfig(BY_API_KEY)
  @DescribeMessage()
  async find(
    @Req() request: FastifyRequest,
    @Param('id') id: string,
  ): Promise<{ isSuccess: true; data: MessageView }> {
    return { isSuccess: true, data: await this.messages.find(callerOf(request), id) };
  }
}
