import type { Batch } from '@gateway/messaging';
import { SendService } from '../../../apps/dispatcher/src/send.service';
import { gap, plant } from './plant';

plant(
  SendService.prototype,
  'take',
  (take) =>
    function (this: SendService, { records }) {
      const finished: Batch = {
        records,
        defer: () => undefined,
        committed: () => Promise.resolve(),
        reject: () => undefined,
      };
      void gap().then(() => {
        take.call(this, finished);
      });
    },
);

// In its place: what stands above is done before the service starts.
import '../../../apps/dispatcher/src/main';
