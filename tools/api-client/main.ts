import { runMain } from '@gateway/platform';
import { writeFileSync } from 'node:fs';
import { API_TYPES_FILE, apiTypes } from './api-types';
import { describedApi } from './described-api';

/** Writes the dashboard's types of the API anew. */
runMain('api-client', async () => {
  writeFileSync(API_TYPES_FILE, await apiTypes(await describedApi()));
});
