import { AcceptService } from '../../../apps/webhooks/src/accept.service';
import { gap, plant } from './plant';

plant(
  AcceptService.prototype,
  'accept',
  (accept) =>
    function (this: AcceptService, arrived) {
      void gap()
        .then(() => accept.call(this, arrived))
        .catch((error: unknown) => {
          console.error(error);
        });
      return Promise.resolve();
    },
);

// In its place: what stands above is done before the service starts.
import '../../../apps/webhooks/src/main';
