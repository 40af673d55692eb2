import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorsPage } from './errors-page';

describe('docs/errors.md', () => {
  it('is the page that the catalogue makes', () => {
    const page = readFileSync(join(__dirname, '../../../docs/errors.md'), 'utf8');
    expect(page).toBe(errorsPage());
  });
});
