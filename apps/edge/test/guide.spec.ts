import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { GUIDE_PAGES } from '../src/guide-page';
import { call, startEdge, type Answer, type Edge } from './edge-fixture';

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge.close());

const get = (path: string): Promise<Answer> => call(edge, path, { key: null });

describe('the guides', () => {
  it('are every file of docs/guide, and the error codes', () => {
    const files = readdirSync(join(__dirname, '../../../docs/guide')).map(
      (file) => `guide/${file}`,
    );
    expect(GUIDE_PAGES.map(({ file }) => file).sort()).toEqual([...files, 'errors.md'].sort());
  });

  it.each(GUIDE_PAGES.map(({ name, title }) => [name, title]))(
    'are served as a page that runs no script: %s',
    async (name, title) => {
      const { status, headers, text } = await get(`/guide/${name}`);
      expect(status).toBe(200);
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; style-src 'self';/,
      );
      expect(text).toContain(`<title>${title} ·`);
      expect(text).toContain('<h1>');
      expect(text).not.toMatch(/<script|\sstyle=|\son\w+=/);
      expect((await get(`/guide/${name}.md`)).text).toMatch(/^# /);
    },
  );

  it('begin with the quickstart', async () => {
    expect((await get('/guide')).text).toBe((await get('/guide/quickstart')).text);
    expect((await get('/guide/style.css')).headers.get('content-type')).toContain('text/css');
  });

  it('lead to pages and routes that are there', async () => {
    const texts = await Promise.all(GUIDE_PAGES.map(({ name }) => get(`/guide/${name}`)));
    const own = texts.flatMap(({ text }) => [...text.matchAll(/href="(\/[^"#]*)"/g)]);
    for (const path of new Set(own.map(([, link = '']) => link))) {
      expect([path, (await get(path)).status]).toEqual([path, 200]);
    }
  });

  it('are listed for machines', async () => {
    const { text, headers } = await get('/llms.txt');
    expect(headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(text).toMatch(/^# WhatsApp gateway\n\n> /);
    for (const [, link = ''] of text.matchAll(/\]\((\/[^)]*)\)/g)) {
      expect([link, (await get(link)).status]).toEqual([link, 200]);
    }
  });

  it.each([
    '/guide/nothing',
    '/guide/nothing.md',
    '/guide/..%2F..%2Fpackage.json',
    '/guide/__proto__',
  ])('are no way to other files: %s', async (path) => {
    const { status, code } = await get(path);
    expect([status, code]).toEqual([404, 'GW_404']);
  });
});
