import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { API_TYPES_FILE, apiTypes } from './api-types';
import { describedApi } from './described-api';

it("the dashboard's types of the API are what its description makes: npm run api-client", async () => {
  const committed = readFileSync(join(__dirname, '../..', API_TYPES_FILE), 'utf8');
  expect(committed).toBe(await apiTypes(await describedApi()));
}, 60_000);
