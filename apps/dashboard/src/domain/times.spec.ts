import { ago } from './times';

const NOW = Date.parse('2026-11-28T01:30:00Z');

it.each([
  ['2026-11-28T01:29:30Z', 'just now'],
  ['2026-11-28T01:30:05Z', 'just now'],
  ['2026-11-28T01:20:00Z', '10 min ago'],
  ['2026-11-27T22:30:00Z', '3 h ago'],
  ['2026-11-26T12:00:00Z', 'yesterday'],
  ['2026-11-20T01:00:00Z', '8 days ago'],
])('%s is %s', (at, shown) => {
  expect(ago(at, NOW)).toBe(shown);
});
