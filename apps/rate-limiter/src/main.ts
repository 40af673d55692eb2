import { runOnKafka } from '@gateway/messaging';
import { RATE_LIMITER_VARIABLES } from './rate-limiter.config';
import { RateLimiterModule } from './rate-limiter.module';

runOnKafka({
  service: 'rate-limiter',
  variables: RATE_LIMITER_VARIABLES,
  module: RateLimiterModule,
});
