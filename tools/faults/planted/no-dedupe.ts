import { MessagesStore } from '../../../apps/dispatcher/src/messages.store';
import { plant } from './plant';

plant(
  MessagesStore.prototype,
  'claim',
  (claim) =>
    async function (this: MessagesStore, rows, owner) {
      await claim.call(this, rows, owner);
      return new Set(rows.map(({ messageId }) => messageId));
    },
);

// In its place: what stands above is done before the service starts.
import '../../../apps/dispatcher/src/main';
