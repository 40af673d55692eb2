import { MetaClient } from '../../../apps/dispatcher/src/meta.client';
import { plant } from './plant';

plant(
  MetaClient.prototype,
  'send',
  (send) =>
    function (this: MetaClient, request, onEnd) {
      return send.call(this, request, (end) => {
        if (end.kind === 'ended' && end.verdict.state === 'unknown')
          send.call(this, request, onEnd);
        else onEnd(end);
      });
    },
);

// In its place: what stands above is done before the service starts.
import '../../../apps/dispatcher/src/main';
