import 'reflect-metadata';
import { Body, Controller, Headers, HttpCode, Inject, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientsModule, type ClientKafka } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { firstValueFrom, timeout } from 'rxjs';
import { STOCK_CLIENT, kafkaOptions, requestTopic } from './stock-topics';

const ANSWER_TIMEOUT_MS = 30_000;

@Controller('v1/wa/message')
class StockEdgeController {
  constructor(@Inject(STOCK_CLIENT) private readonly client: ClientKafka) {}

  @Post()
  @HttpCode(200)
  send(
    @Headers('authorization') authorization: string,
    @Body() message: Record<string, unknown>,
  ): Promise<unknown> {
    const request = { token: authorization, message };
    return firstValueFrom(
      this.client.send(requestTopic('auth'), request).pipe(timeout(ANSWER_TIMEOUT_MS)),
    );
  }
}

/** The first of the five services of the stock chain: HTTP in, request-reply to the next. Arguments: port, broker. */
async function main(port: number, broker: string): Promise<void> {
  @Module({
    imports: [
      ClientsModule.register([{ name: STOCK_CLIENT, ...kafkaOptions('stock-edge', broker) }]),
    ],
    controllers: [StockEdgeController],
  })
  class StockEdgeModule {}

  const app = await NestFactory.create(StockEdgeModule, new FastifyAdapter(), { logger: false });
  const client = app.get<ClientKafka>(STOCK_CLIENT);
  client.subscribeToResponseOf(requestTopic('auth'));
  await client.connect();
  await app.listen(port, '127.0.0.1');
  process.send?.('ready');
}

void main(Number(process.argv[2]), process.argv[3] ?? '');
