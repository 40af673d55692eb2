import { transformFileSync } from '@swc/core';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

describe('a process', () => {
  let home: string;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'shutdown-'));
    const { code } = transformFileSync(join(__dirname, 'shutdown.ts'), {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'commonjs' },
    });
    writeFileSync(join(home, 'shutdown.js'), code);
  });
  afterAll(() => {
    rmSync(home, { recursive: true });
  });

  /** Runs `body` in a process of its own, sends the signals after it said "ready", and tells how it ended. */
  const endOf = async (body: string, ...signals: NodeJS.Signals[]) => {
    const script = `
      const { endOnSignals, endOnUnhandledErrors, runShutdown } = require('./shutdown.js');
      const log = (fields, event) => console.log(event ?? fields);
      const logger = { info: log, error: log, fatal: log };
      setInterval(() => undefined, 1_000);
      ${body};
      console.log('ready');`;
    writeFileSync(join(home, 'main.js'), script);
    const child = spawn(process.execPath, ['main.js'], { cwd: home });
    const closed = once(child, 'close');
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const hasSaid = async (line: string) => {
      while (!said.includes(line)) await sleep(5);
    };
    const [first, ...more] = signals;
    if (first !== undefined) {
      await hasSaid('ready');
      child.kill(first);
      await hasSaid('process.stopping');
    }
    for (const signal of more) {
      child.kill(signal);
      await sleep(600);
    }
    const [status] = (await closed) as [number | null];
    return { status, said: said.trim().split('\n') };
  };

  const steps = (work: string) =>
    `endOnSignals(logger, () => runShutdown([{ name: 'work', timeoutMs: 300, run: async () => { ${work} } }, { name: 'last', timeoutMs: 300, run: async () => console.log('last') }], logger))`;

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('ends in order on %s', async (signal) => {
    expect(await endOf(steps(`console.log('first')`), signal)).toEqual({
      status: 0,
      said: ['ready', 'process.stopping', 'first', 'last'],
    });
  });

  it('goes on to the next step when one fails, and says so by its status', async () => {
    const { status, said } = await endOf(steps(`throw new Error('x')`), 'SIGTERM');
    expect([status, said.slice(-2)]).toEqual([1, ['shutdown.step_failed', 'last']]);
  });

  it('goes on to the next step when one hangs', async () => {
    const { status, said } = await endOf(steps(`await new Promise(() => undefined)`), 'SIGTERM');
    expect([status, said.slice(-2)]).toEqual([1, ['shutdown.step_failed', 'last']]);
  });

  it('ends at once on a second signal, unless that is the first one forwarded', async () => {
    const hanging = `endOnSignals(logger, () => new Promise(() => undefined))`;
    expect((await endOf(hanging, 'SIGINT', 'SIGINT', 'SIGTERM')).status).toBe(143);
    expect((await endOf(hanging, 'SIGTERM', 'SIGTERM', 'SIGINT')).status).toBe(130);
  });

  it.each([
    ['an exception', `setImmediate(() => { throw new Error('x'); })`, 'process.uncaught_exception'],
    ['a rejection', `void Promise.reject(new Error('x'))`, 'process.unhandled_rejection'],
  ])('says and ends with %s that nobody handles', async (_what, body, event) => {
    const { status, said } = await endOf(`endOnUnhandledErrors(logger); ${body}`);
    expect([status, said]).toEqual([1, expect.arrayContaining([event])]);
  });
});
