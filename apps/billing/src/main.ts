import { runOnKafka } from '@gateway/messaging';
import { BILLING_VARIABLES } from './billing.config';
import { BillingModule } from './billing.module';

runOnKafka({ service: 'billing', variables: BILLING_VARIABLES, module: BillingModule });
