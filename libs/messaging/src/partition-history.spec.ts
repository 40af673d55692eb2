import { PartitionHistory } from './partition-history';

describe("whether a record was anybody else's", () => {
  it('is sure for what was written while the partition was read here without a hole', () => {
    const history = new PartitionHistory();
    expect(history.isFirstHere(0, 100)).toBe(false);
    history.see(0, 5n, 100);
    expect(history.isFirstHere(0, 99)).toBe(false);
    expect(history.isFirstHere(0, 100)).toBe(true);
    history.see(0, 6n, 200);
    expect(history.isFirstHere(0, 150)).toBe(true);
    expect(history.isFirstHere(1, 150)).toBe(false);
  });

  it.each([
    ['a jump', 9n],
    ['a step back', 5n],
  ])('begins anew after %s', (_name, offset) => {
    const history = new PartitionHistory();
    history.see(0, 5n, 100);
    history.see(0, offset, 300);
    expect(history.isFirstHere(0, 299)).toBe(false);
    expect(history.isFirstHere(0, 300)).toBe(true);
  });
});
