import { CATALOGUE } from '@gateway/errors';

/** What the dashboard says about each code: the catalogue's description and what to do. */
export function dashboardErrors(): string {
  const entries = Object.entries(CATALOGUE).map(([code, { description, resolution }]) => [
    code,
    { description, resolution },
  ]);
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`;
}
