import { entryLabel } from './ledger-entries';

it.each([
  [{ kind: 'meta_fee', reason: null }, "Meta's fee"],
  [{ kind: 'credit', reason: 'top-up (test payment)' }, 'Credit: top-up (test payment)'],
  [{ kind: 'of_tomorrow', reason: null }, 'of_tomorrow'],
])('says what a movement of the wallet was for: %j', (entry, label) => {
  expect(entryLabel(entry)).toBe(label);
});
