import { MessagesStore } from '../../../apps/dispatcher/src/messages.store';
import { gap, plant } from './plant';

plant(
  MessagesStore.prototype,
  'claim',
  (claim) =>
    function (this: MessagesStore, rows, owner) {
      void gap()
        .then(() => claim.call(this, rows, owner))
        .catch((error: unknown) => {
          console.error(error);
        });
      return Promise.resolve(new Set(rows.map(({ messageId }) => messageId)));
    },
);

// In its place: what stands above is done before the service starts.
import '../../../apps/dispatcher/src/main';
