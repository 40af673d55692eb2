import { HealthRegistry } from './health';
import { startHealthServer, type HealthServer } from './health.server';
import { metrics } from './metrics';

describe('the health port', () => {
  const health = new HealthRegistry();
  let reason: string | null = null;
  let server: HealthServer;

  beforeAll(async () => {
    health.add('database', () => reason);
    server = await startHealthServer({ port: 0, health, host: '127.0.0.1' });
  });
  afterAll(() => server.close());

  const get = async (path: string, method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
    return { status: response.status, text: await response.text() };
  };

  it('is live whatever the parts say', async () => {
    reason = 'gone';
    expect((await get('/health/live')).status).toBe(200);
  });

  it('is ready only while every part is well, and says what is not', async () => {
    reason = null;
    expect(await get('/health/ready')).toEqual({
      status: 200,
      text: '{"isReady":true,"problems":[]}',
    });
    reason = 'no answer for 2 s';
    expect(await get('/health/ready?verbose')).toEqual({
      status: 503,
      text: '{"isReady":false,"problems":["database: no answer for 2 s"]}',
    });
  });

  it('takes a check that throws for a problem', () => {
    const broken = new HealthRegistry();
    broken.add('broker', () => {
      throw new Error('boom');
    });
    expect(broken.problems()).toEqual(['broker: the check itself failed']);
  });

  it('shows the metrics of the process and of the services', async () => {
    metrics.counter({ name: 'gw_test_total', help: 'Counted.', labels: ['outcome'] }).inc({
      outcome: 'accepted',
    });
    const { text } = await get('/metrics');
    expect(text).toContain('gw_test_total{outcome="accepted"} 1');
    expect(text).toContain('gw_event_loop_utilization_ratio');
  });

  it('knows nothing else', async () => {
    expect((await get('/')).status).toBe(404);
    expect((await get('/health/live', 'POST')).status).toBe(404);
  });
});

describe('metrics', () => {
  it('are the same object when a module is built twice', () => {
    const options = { name: 'gw_twice_total', help: 'Twice.' };
    expect(metrics.counter(options)).toBe(metrics.counter(options));
  });
});
