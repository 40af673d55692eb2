import { OutcomesService } from '../../apps/dispatcher/src/outcomes.service';
import { SendService } from '../../apps/dispatcher/src/send.service';
import { plant } from '../faults/planted/plant';
import { SimHolds } from './sim-holds';
import { SimMessages } from './sim-dispatcher-stores';
import { SimMetaClient } from './sim-meta';

/** Bugs that the simulation must find, by name; each is put in once, for the whole run. */
export const PLANTED: Readonly<Record<string, () => void>> = {
  'no-dedupe': () => {
    plant(
      SimMessages.prototype,
      'claim',
      (claim) =>
        async function (this: SimMessages, rows, owner) {
          await claim.call(this, rows, owner);
          return new Set(rows.map(({ messageId }) => messageId));
        },
    );
  },
  'retry-after-timeout': () => {
    plant(
      SimMetaClient.prototype,
      'send',
      (send) =>
        function (this: SimMetaClient, request, onEnd) {
          return send.call(this, request, (end) => {
            if (end.kind === 'ended' && end.verdict.state === 'unknown')
              send.call(this, request, onEnd);
            else onEnd(end);
          });
        },
    );
  },
  'reply-before-commit': () => {
    plant(
      OutcomesService.prototype,
      'commit',
      (commit) =>
        function (this: OutcomesService, messages) {
          void commit.call(this, messages);
          return Promise.resolve(true);
        },
    );
  },
  'offset-before-effect': () => {
    plant(
      SendService.prototype,
      'take',
      (take) =>
        function (this: SendService, batch) {
          take.call(this, {
            records: batch.records,
            defer: () => undefined,
            committed: () => Promise.resolve(),
            reject: () => undefined,
          });
        },
    );
  },
  'acknowledge-before-commit': () => {
    plant(
      SimMessages.prototype,
      'claim',
      (claim) =>
        function (this: SimMessages, rows, owner) {
          claim.call(this, rows, owner).catch(() => undefined); // nobody hears of it: that is the bug
          return Promise.resolve(new Set(rows.map(({ messageId }) => messageId)));
        },
    );
  },
  'two-step-balance': () => {
    plant(
      SimHolds.prototype,
      'settle',
      (settle) =>
        async function (this: SimHolds, settlements, feeMicroUsd, nowMs) {
          await this.enterOnly(settlements, feeMicroUsd);
          return settle.call(this, settlements, feeMicroUsd, nowMs);
        },
    );
  },
};
