import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentExample } from './environment-example';

describe('.env.example', () => {
  it('is what the configurations of all processes make', () => {
    const file = readFileSync(join(__dirname, '../../.env.example'), 'utf8');
    expect(file).toBe(environmentExample());
  });
});
