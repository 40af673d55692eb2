import { runOnKafka } from '@gateway/messaging';
import { WEBHOOKS_VARIABLES } from './webhooks.config';
import { WebhooksModule } from './webhooks.module';

runOnKafka({ service: 'webhooks', variables: WEBHOOKS_VARIABLES, module: WebhooksModule });
