import { runOnKafka } from '@gateway/messaging';
import { DISPATCHER_VARIABLES } from './dispatcher.config';
import { DispatcherModule } from './dispatcher.module';

runOnKafka({ service: 'dispatcher', variables: DISPATCHER_VARIABLES, module: DispatcherModule });
