import 'reflect-metadata';
import { createHmac } from 'node:crypto';
import { Controller, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientsModule, MessagePattern, Payload, type ClientKafka } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { Pool } from 'undici';
import {
  STOCK_CLIENT,
  STOCK_SERVICES,
  kafkaOptions,
  requestTopic,
  type StockService,
} from './stock-topics';

interface StockRequest {
  readonly token: string;
  readonly message: Readonly<Record<string, unknown>>;
}

const FEE_MICRO_USD = 1_000;
const MINUTE_MS = 60_000;

/** Generous to the chain: each step is done in memory, nothing is kept. */
class Steps {
  private readonly sends = new Map<string, number[]>();
  private readonly balances = new Map<string, number>();
  private readonly meta: Pool;

  constructor(simulator: string) {
    this.meta = new Pool(simulator, { connections: 64, pipelining: 1 });
  }

  async run(service: StockService, { token, message }: StockRequest): Promise<unknown> {
    if (service === 'auth') return createHmac('sha256', 'stock').update(token).digest('hex');
    if (service === 'rate-limiter') return this.enter(token);
    if (service === 'billing') return this.charge(token);
    const { body } = await this.meta.request({
      method: 'POST',
      path: '/v23.0/100000000000000/messages',
      headers: { 'content-type': 'application/json', authorization: 'Bearer EAAbaseline' },
      body: JSON.stringify(message),
    });
    return body.json();
  }

  private enter(token: string): number {
    const nowMs = Date.now();
    const recent = (this.sends.get(token) ?? []).filter((sentMs) => sentMs > nowMs - MINUTE_MS);
    recent.push(nowMs);
    this.sends.set(token, recent.slice(-100));
    return recent.length;
  }

  private charge(token: string): number {
    const balance = (this.balances.get(token) ?? 0) - FEE_MICRO_USD;
    this.balances.set(token, balance);
    return balance;
  }
}

function controllerOf(service: StockService, next: StockService | undefined, steps: Steps) {
  @Controller()
  class StockController {
    constructor(@Inject(STOCK_CLIENT) private readonly client: ClientKafka) {}

    @MessagePattern(requestTopic(service))
    async handle(@Payload() request: StockRequest): Promise<unknown> {
      const done = await steps.run(service, request);
      return next ? firstValueFrom(this.client.send(requestTopic(next), request)) : done;
    }
  }
  return StockController;
}

/** One service of the stock chain. Arguments: service, broker, origin of the simulator. */
async function main(service: StockService, broker: string, simulator: string): Promise<void> {
  const next = STOCK_SERVICES[STOCK_SERVICES.indexOf(service) + 1];
  const name = `stock-${service}`;
  @Module({
    imports: [ClientsModule.register([{ name: STOCK_CLIENT, ...kafkaOptions(name, broker) }])],
    controllers: [controllerOf(service, next, new Steps(simulator))],
  })
  class StockModule {}

  const app = await NestFactory.createMicroservice(StockModule, {
    ...kafkaOptions(name, broker),
    logger: false,
  });
  const client = app.get<ClientKafka>(STOCK_CLIENT);
  if (next) client.subscribeToResponseOf(requestTopic(next));
  await client.connect();
  await app.listen();
  process.send?.('ready');
}

const [, , service = '', broker = '', simulator = ''] = process.argv;
void main(service as StockService, broker, simulator);
