import { formatCost, formatUsd, messagesPaidFor, microDollars } from './money';

it.each([
  ['12.339', 12_339_000n],
  ['0.000001', 1n],
  ['-0.5', -500_000n],
  ['9007199254740993.000001', 9_007_199_254_740_993_000_001n],
])('reads %s exactly', (amount, micros) => {
  expect(microDollars(amount)).toBe(micros);
});

it.each(['', 'ten', '1.0000001', '1,5', '0x10', '1e3'])('takes "%s" for no amount', (amount) => {
  expect(microDollars(amount)).toBeNull();
});

it.each([
  ['12.339', '$12.339'],
  ['10', '$10.00'],
  ['10.5', '$10.50'],
  ['1234567.1', '$1,234,567.10'],
  ['-0.0634', '-$0.0634'],
  ['0', '$0.00'],
])('shows %s as %s', (amount, shown) => {
  expect(formatUsd(amount)).toBe(shown);
});

it.each([
  [0, '$0.00'],
  [0.1 + 0.2, '$0.30'],
  [1.2345, '$1.2345'],
])('shows a cost of %s as %s', (usd, shown) => {
  expect(formatCost(usd)).toBe(shown);
});

describe('the messages that a balance pays for', () => {
  it('are counted at the infrastructure fee', () => {
    expect(messagesPaidFor('10')).toBe(10_000);
  });

  it('are none when the wallet is empty or below', () => {
    expect(messagesPaidFor('0')).toBe(0);
    expect(messagesPaidFor('-1')).toBe(0);
  });
});
