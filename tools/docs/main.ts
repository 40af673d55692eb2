import { errorsPage } from '@gateway/errors';
import { writeFileSync } from 'node:fs';
import { dashboardErrors } from './dashboard-errors';
import { environmentExample } from './environment-example';

/** Writes the pages that are made from the code. */
writeFileSync('docs/errors.md', errorsPage());
writeFileSync('.env.example', environmentExample());
writeFileSync('apps/dashboard/src/api/error-catalogue.json', dashboardErrors());
