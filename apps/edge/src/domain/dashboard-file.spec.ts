import { dashboardFile } from './dashboard-file';

const FILES = new Set(['index.html', 'favicon.svg', 'assets', 'assets/index-1a2b.js']);

describe('what the dashboard answers', () => {
  it.each([
    ['/', 'index.html'],
    ['/?from=mail', 'index.html'],
    ['/favicon.svg', 'favicon.svg'],
    ['/assets/index-1a2b.js', 'assets/index-1a2b.js'],
    ['/wallet', 'index.html'],
    ['/applications/my-app/messages?state=failed', 'index.html'],
    ['/assets', 'index.html'],
    ['/documents', 'index.html'],
  ])('%s with %s', (url, file) => {
    expect(dashboardFile(url, FILES)).toBe(file);
  });

  it.each([
    '/v1',
    '/v1/nothing',
    '/api/v1/nothing',
    '/docs/nothing',
    '/docs-json',
    '/guide/nothing',
    '/llms.txt',
    '/assets/gone-3c4d.js',
    '/../package.json',
    '/%2e%2e/package.json',
  ])('%s not at all', (url) => {
    expect(dashboardFile(url, FILES)).toBeNull();
  });
});
