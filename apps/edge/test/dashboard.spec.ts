import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import Fastify, { type FastifyInstance } from 'fastify';
import { serveDashboard } from '../src/dashboard.config';

const PAGE = '<!doctype html><title>dashboard</title>';
const SCRIPT = 'console.log("dashboard");';

let directory: string;
let instance: FastifyInstance;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'dashboard-'));
  mkdirSync(join(directory, 'assets'));
  writeFileSync(join(directory, 'index.html'), PAGE);
  writeFileSync(join(directory, 'assets/index-1a2b.js'), SCRIPT);
  writeFileSync(join(directory, 'assets/index-1a2b.js.br'), brotliCompressSync(SCRIPT));
  instance = Fastify();
  instance.setNotFoundHandler((_request, reply) => reply.code(404).send('GW_404'));
  instance.get('/docs', () => 'documentation');
  await serveDashboard(instance, directory);
});
afterEach(async () => {
  await instance.close();
  rmSync(directory, { recursive: true });
});

const get = (url: string, headers = {}) => instance.inject({ url, headers });

it.each(['/', '/wallet', '/applications/demo/messages?state=failed'])(
  'answers %s with the page, which is asked for again each time, under its policy',
  async (url) => {
    const answer = await get(url);
    expect([answer.statusCode, answer.body]).toEqual([200, PAGE]);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'content-security-policy':
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; object-src 'none'",
    });
  },
);

it('keeps assets for ever, compressed as they were built', async () => {
  const plain = await get('/assets/index-1a2b.js');
  expect([plain.body, plain.headers['cache-control']]).toEqual([
    SCRIPT,
    'public, max-age=31536000, immutable',
  ]);
  const compressed = await get('/assets/index-1a2b.js', { 'accept-encoding': 'gzip, br' });
  expect(compressed.headers).toMatchObject({
    'content-encoding': 'br',
    'content-type': expect.stringContaining('javascript') as string,
  });
  expect(compressed.rawPayload).toEqual(brotliCompressSync(SCRIPT));
});

it.each(['/v1/nothing', '/api/v1/nothing', '/docs-json', '/guide/send', '/assets/gone-3c4d.js'])(
  'leaves %s to others',
  async (url) => {
    const answer = await get(url);
    expect([answer.statusCode, answer.body]).toEqual([404, 'GW_404']);
  },
);

it('stands before no route of the API', async () => {
  expect((await get('/docs')).body).toBe('documentation');
  expect((await instance.inject({ method: 'POST', url: '/wallet' })).statusCode).toBe(404);
});

it.each(['/../secret.txt', '/%2e%2e/secret.txt', '/assets/..%2f..%2fsecret.txt'])(
  'gives nothing from outside its folder: %s',
  async (url) => {
    writeFileSync(join(directory, '../secret.txt'), 'secret');
    expect((await get(url)).body).not.toContain('secret');
  },
);

it('serves nothing at all before it is built', async () => {
  const bare = Fastify();
  await serveDashboard(bare, join(directory, 'nothing'));
  expect((await bare.inject('/')).statusCode).toBe(404);
  await bare.close();
});
