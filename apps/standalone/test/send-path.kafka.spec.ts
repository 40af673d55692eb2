import { describeSendPath } from './send-path.suite';

describeSendPath('cluster');
