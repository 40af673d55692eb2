import { runOnKafka } from '@gateway/messaging';
import { AUTH_VARIABLES } from './auth.config';
import { AuthModule } from './auth.module';

runOnKafka({ service: 'auth', variables: AUTH_VARIABLES, module: AuthModule });
