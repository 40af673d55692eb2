import { Controller, Get, Module, Post, Body, type OnModuleDestroy } from '@nestjs/common';
import { createServer, Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { AppError } from '@gateway/errors';
import { createLogger } from './logger';
import { runService, type RunningService, type RunServiceOptions } from './run-service';

const logLines: string[] = [];
const logger = createLogger({
  service: 'test',
  level: 'debug',
  destination: { write: (line) => void logLines.push(line) },
});

let release: (() => void) | undefined;
const order: string[] = [];

@Controller()
class TestController {
  @Get('ok')
  ok(): object {
    return { isOk: true };
  }

  @Post('echo')
  echo(@Body() body: object): object {
    return body;
  }

  @Get('slow')
  async slow(): Promise<object> {
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    order.push('answered');
    return {};
  }

  @Get('limited')
  limited(): never {
    throw new AppError('RATE_001', { params: { limit_type: 'sec' }, retryAfterSeconds: 1 });
  }

  @Get('broken')
  broken(): never {
    throw new Error('canary of the inside');
  }
}

@Module({ controllers: [TestController] })
class TestModule implements OnModuleDestroy {
  onModuleDestroy(): void {
    order.push('pools');
  }
}

const start = (more: Partial<RunServiceOptions> = {}): Promise<RunningService> =>
  runService({
    service: 'test',
    module: TestModule,
    config: { healthPort: 0, httpPort: 0 },
    logger,
    isEmbedded: true,
    configureHttp: (app) => {
      app.useBodyParser('application/json');
    },
    ...more,
  });

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: { errors: { code: string; params: object } };
}

describe('a running service', () => {
  let service: RunningService;
  beforeAll(async () => {
    service = await start();
  });
  afterAll(() => service.stop());

  const call = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const response = await fetch(`http://127.0.0.1:${service.httpPort ?? 0}${path}`, init);
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Answer['body'],
    };
  };
  const post = (body: string, type = 'application/json') =>
    call('/echo', { method: 'POST', body, headers: { 'content-type': type } });

  it('answers, and is ready', async () => {
    expect((await call('/ok')).status).toBe(200);
    const ready = await fetch(`http://127.0.0.1:${service.healthPort}/health/ready`);
    expect(ready.status).toBe(200);
  });

  it('answers an error of the catalogue in the one form, with Retry-After', async () => {
    const { status, headers, body } = await call('/limited');
    expect([status, headers.get('retry-after')]).toEqual([429, '1']);
    expect(body).toEqual({
      isSuccess: false,
      errors: {
        code: 'RATE_001',
        group: 'TOO_MANY_REQUESTS',
        description: 'Rate limit exceeded. Please try again later.',
        params: { limit_type: 'sec' },
      },
    });
  });

  it('hides what broke inside, and logs it', async () => {
    const { status, body } = await call('/broken');
    expect([status, body.errors.code]).toEqual([500, 'GW_500']);
    expect(JSON.stringify(body)).not.toContain('canary');
    expect(logLines.join('')).toContain('canary of the inside');
  });

  it.each([
    ['an unknown path', () => call('/nothing'), 404, 'GW_404'],
    ['a path that does not decode', () => call('/%zz'), 404, 'GW_404'],
    ['another method', () => call('/ok', { method: 'DELETE' }), 404, 'GW_404'],
    ['text that is no JSON', () => post('{"a":'), 400, 'GW_002'],
    ['an empty body', () => post(''), 400, 'GW_002'],
    ['a hostile __proto__', () => post('{"__proto__":{"a":1}}'), 400, 'GW_002'],
    ['another content type', () => post('<a/>', 'application/xml'), 415, 'GW_009'],
    ['a body over the limit', () => post(`"${'x'.repeat(256 * 1024)}"`), 413, 'GW_005'],
  ])('answers %s from the catalogue', async (_what, ask, status, code) => {
    const answer = await ask();
    expect([answer.status, answer.body.errors.code]).toEqual([status, code]);
  });

  it('limits how long and how much a client may send', () => {
    const server = service.app.getHttpServer();
    expect(server.headersTimeout).toBe(10_000);
    expect(server.requestTimeout).toBe(30_000);
    expect(server.keepAliveTimeout).toBe(65_000);
    expect(server.maxHeadersCount).toBe(100);
  });
});

describe('the end of a service', () => {
  it('answers what is in flight, then ends consumers, producer and pools in this order', async () => {
    order.length = 0;
    const service = await start({
      config: { healthPort: 0, httpPort: 0, shutdownDrainMs: 300 },
      strategy: {
        listen: (callback: () => void) => {
          callback();
        },
        close: () => void order.push('consumers'),
        on: () => undefined,
        unwrap: () => undefined,
      } as unknown as NonNullable<RunServiceOptions['strategy']>,
      transport: { close: () => Promise.resolve(void order.push('transport')) },
      onStopped: () => Promise.resolve(void order.push('parts')),
    });
    const base = `http://127.0.0.1:${service.httpPort ?? 0}`;
    const inFlight = fetch(`${base}/slow`);
    while (release === undefined) await new Promise((resolve) => setImmediate(resolve));
    const stopped = service.stop();
    // Not ready any more, but alive, and still serving whoever has not heard of it.
    const ready = await fetch(`http://127.0.0.1:${service.healthPort}/health/ready`);
    expect([ready.status, await ready.text()]).toEqual([
      503,
      '{"isReady":false,"problems":["process: stopping"]}',
    ]);
    expect((await fetch(`http://127.0.0.1:${service.healthPort}/health/live`)).status).toBe(200);
    expect((await fetch(`${base}/ok`)).status).toBe(200);
    while (await accepts(service.httpPort ?? 0)) await new Promise((r) => setTimeout(r, 10));
    expect(order).toEqual([]);
    release();
    expect((await inFlight).status).toBe(200);
    expect(await stopped).toBe(true);
    expect(order.filter((step, index) => order.indexOf(step) === index)).toEqual([
      'answered',
      'consumers',
      'transport',
      'pools',
      'parts',
    ]);
  });

  it('loses no request of a balancer that hears of it within the drain time', async () => {
    const service = await start({ config: { healthPort: 0, httpPort: 0, shutdownDrainMs: 400 } });
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const port = service.httpPort ?? 0;
    let failures = 0;
    let isInRotation = true;
    const balancer = Array.from({ length: 8 }, async () => {
      while (isInRotation) failures += (await statusOf(port, agent)) === 200 ? 0 : 1;
    });
    const stopped = service.stop();
    while ((await fetch(`http://127.0.0.1:${service.healthPort}/health/ready`)).status === 200);
    await new Promise((resolve) => setTimeout(resolve, 200));
    isInRotation = false;
    await Promise.all(balancer);
    expect(await stopped).toBe(true);
    expect(failures).toBe(0);
    agent.destroy();
  });

  it('goes on when one of its steps fails', async () => {
    order.length = 0;
    const service = await start({
      transport: { close: () => Promise.reject(new Error('broker gone')) },
      onStopped: () => Promise.resolve(void order.push('parts')),
    });
    expect(await service.stop()).toBe(false);
    expect(order).toEqual(['pools', 'parts']);
  });

  it('comes at once when the start fails, and leaves no port open', async () => {
    const blocker = createServer().listen(0, '0.0.0.0');
    await once(blocker, 'listening');
    const { port } = blocker.address() as { port: number };
    order.length = 0;
    await expect(start({ config: { healthPort: 0, httpPort: port } })).rejects.toThrow(
      'EADDRINUSE',
    );
    expect(order).toEqual(['pools']);
    order.length = 0;
    const onStopped = () => Promise.resolve(void order.push('parts'));
    await expect(start({ config: { healthPort: port }, onStopped })).rejects.toThrow('EADDRINUSE');
    expect(order).toEqual(['parts']);
    blocker.close();
  });
});

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

const statusOf = (port: number, agent: Agent): Promise<number> =>
  new Promise((resolve) => {
    httpRequest({ port, agent, host: '127.0.0.1', path: '/ok' }, (response) => {
      response.resume().once('end', () => {
        resolve(response.statusCode ?? 0);
      });
    })
      .once('error', () => {
        resolve(0);
      })
      .end();
  });
