import { OutcomesService } from '../../../apps/dispatcher/src/outcomes.service';
import { gap, plant } from './plant';

plant(
  OutcomesService.prototype,
  'commit',
  (commit) =>
    function (this: OutcomesService, messages) {
      void gap()
        .then(() => commit.call(this, messages))
        .catch((error: unknown) => {
          console.error(error);
        });
      return Promise.resolve(true);
    },
);

// In its place: what stands above is done before the service starts.
import '../../../apps/dispatcher/src/main';
