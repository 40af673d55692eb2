import { type ConfigOf } from '@gateway/platform';
import { BILLING_VARIABLES } from '../../apps/billing/src/billing.config';

/** What an operator's command reads from the environment. */
export const OPS_VARIABLES = { databaseUrl: BILLING_VARIABLES.databaseUrl };

export type OpsConfig = ConfigOf<typeof OPS_VARIABLES>;
