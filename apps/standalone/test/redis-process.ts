import { spawn, type ChildProcess } from 'node:child_process';
import { freePort } from '@gateway/platform';
import { Redis } from 'ioredis';

/** A `redis-server` of the test's own, without persistence. */
export interface RedisProcess {
  readonly url: string;
  readonly client: Redis;
  stop(): Promise<void>;
}

export async function startRedis(): Promise<RedisProcess> {
  const port = await freePort();
  const child = spawn(
    'redis-server',
    ['--port', String(port), '--save', '', '--appendonly', 'no'],
    {
      stdio: 'ignore',
    },
  );
  const url = `redis://127.0.0.1:${port}`;
  const client = new Redis(url, { retryStrategy: () => 50, maxRetriesPerRequest: 200 });
  client.on('error', () => undefined); // not listening yet: the client tries again
  await client.ping();
  return {
    url,
    client,
    stop: async () => {
      client.disconnect();
      await ended(child);
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exit;
}
