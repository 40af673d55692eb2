import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboardErrors } from './dashboard-errors';

describe("the dashboard's error texts", () => {
  it('are what the catalogue makes', () => {
    const path = '../../apps/dashboard/src/api/error-catalogue.json';
    expect(readFileSync(join(__dirname, path), 'utf8')).toBe(dashboardErrors());
  });
});
