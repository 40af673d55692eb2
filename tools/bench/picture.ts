import type { Goal } from './goal';

const WIDTH = 900;
const LABELS_WIDTH = 430;
const ROW_HEIGHT = 28;
const TOP = 40;
const BAR_HEIGHT = 16;
/** A bar of this length is twice the goal; longer ones are cut. */
const BARS_WIDTH = 320;
const REACHED_MAX = 2;

/** A bar for each goal that has a number: the line is the goal, and what passes it is better. */
export function picture(goals: readonly Goal[]): string {
  const rows = goals.flatMap(({ what, measured, reached }) =>
    reached === undefined ? [] : [{ what, measured, reached }],
  );
  const height = TOP + rows.length * ROW_HEIGHT + 12;
  const goalAt = LABELS_WIDTH + BARS_WIDTH / REACHED_MAX;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="${goalAt}" y="22" text-anchor="middle" fill="#333333">goal</text>`,
    ...rows.flatMap(bar),
    `<line x1="${goalAt}" x2="${goalAt}" y1="28" y2="${height - 8}" stroke="#333333" stroke-dasharray="4 3"/>`,
    '</svg>',
    '',
  ].join('\n');
}

function bar(
  row: { readonly what: string; readonly measured: string; readonly reached: number },
  index: number,
): string[] {
  const top = TOP + index * ROW_HEIGHT;
  const baseline = top + BAR_HEIGHT - 3;
  const width = (Math.min(REACHED_MAX, row.reached) / REACHED_MAX) * BARS_WIDTH;
  const color = row.reached >= 1 ? '#2e7d32' : '#c77700';
  return [
    `<text x="${LABELS_WIDTH - 8}" y="${baseline}" text-anchor="end" fill="#333333">${escaped(row.what)}</text>`,
    `<rect x="${LABELS_WIDTH}" y="${top}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" fill="${color}"/>`,
    `<text x="${LABELS_WIDTH + BARS_WIDTH + 10}" y="${baseline}" fill="#333333">${escaped(row.measured)}</text>`,
  ];
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
