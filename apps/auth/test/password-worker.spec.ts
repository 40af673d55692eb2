import { hash } from '@node-rs/argon2';
import { readFileSync, readdirSync } from 'node:fs';
import { PasswordWorker } from '../src/password-worker';

const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const onLinux = process.platform === 'linux' ? it : it.skip;

/** Of every thread of this process, from the 19th field of proc(5)'s `stat`. */
const niceOfThreads = (): number[] =>
  readdirSync('/proc/self/task').map((thread) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  });

describe('the thread that hashes passwords', () => {
  let worker: PasswordWorker;
  beforeEach(() => {
    worker = new PasswordWorker();
  });
  afterEach(() => worker.close());

  it('makes hashes that it recognizes, and compares what the library made before', async () => {
    const stored = await worker.hash('correct horse', OPTIONS);
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    await expect(worker.verify(stored, 'correct horse')).resolves.toBe(true);
    await expect(worker.verify(stored, 'wrong horse')).resolves.toBe(false);
    await expect(worker.verify(await hash('older', OPTIONS), 'older')).resolves.toBe(true);
  });

  it('answers each of many in their order, also behind one that cannot be compared', async () => {
    const stored = await worker.hash('one', OPTIONS);
    const answers = await Promise.allSettled([
      worker.verify(stored, 'one'),
      worker.verify('no hash at all', 'one'),
      worker.verify(stored, 'another'),
    ]);
    expect(answers).toEqual([
      { status: 'fulfilled', value: true },
      {
        status: 'rejected',
        reason: expect.objectContaining({ message: 'Decoding failed' }) as Error,
      },
      { status: 'fulfilled', value: false },
    ]);
  });

  it('works on in a new thread when the one it had is gone', async () => {
    const lost = worker.hash('one', OPTIONS);
    await worker.close();
    await expect(lost).rejects.toThrow('has ended');
    const stored = await worker.hash('one', OPTIONS);
    await expect(worker.verify(stored, 'one')).resolves.toBe(true);
  });

  onLinux('gives way to every other thread of the process', async () => {
    await worker.hash('one', OPTIONS);
    const nice = niceOfThreads();
    expect(nice.filter((value) => value === 10)).toHaveLength(1);
    expect(nice.filter((value) => value === 0)).toHaveLength(nice.length - 1);
  });
});
