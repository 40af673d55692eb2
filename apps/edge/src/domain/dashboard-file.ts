/** First parts of the paths that the dashboard never answers, whether or not something else does. */
const OTHERS: ReadonlySet<string> = new Set(['v1', 'api', 'docs', 'guide']);
const PAGE = 'index.html';

/**
 * The file of the dashboard that answers a request: the one that is asked for, the page for any other path without a
 * file's ending, null for what is not the dashboard's.
 */
export function dashboardFile(url: string, files: ReadonlySet<string>): string | null {
  const path = url.split('?', 1)[0]?.slice(1) ?? '';
  if (files.has(path) && path.includes('.')) return path;
  const parts = path.split('/');
  // docs-json, docs-yaml and llms.txt are others' too.
  const [first = ''] = (parts[0] ?? '').split('-');
  if (OTHERS.has(first)) return null;
  return parts.at(-1)?.includes('.') === true ? null : PAGE;
}
