import { runOnKafka } from '@gateway/messaging';
import { configureEdgeHttp } from './edge-http.config';
import { EDGE_VARIABLES } from './edge.config';
import { EdgeModule } from './edge.module';

runOnKafka({
  service: 'edge',
  variables: EDGE_VARIABLES,
  module: EdgeModule,
  configureHttp: configureEdgeHttp,
});
