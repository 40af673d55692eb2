import { Outage } from './outage';

describe('an outage of the store', () => {
  it('lets a batch retry for one second from the first failure', () => {
    const outage = new Outage();
    expect(outage.attemptMs(5_000)).toBe(1_000);
    expect(outage.failed(5_000, 1, 5_000)).toBe(20);
    expect(outage.failed(5_020, 2, 5_020)).toBe(40);
    expect(outage.attemptMs(5_600)).toBe(400);
    expect(outage.failed(5_979, 8, 5_900)).toBeNull();
  });

  it('lets later batches try once while it lasts', () => {
    const outage = new Outage();
    outage.failed(5_000, 1, 5_000);
    expect(outage.attemptMs(90_000)).toBe(250);
    expect(outage.failed(90_010, 1, 90_000)).toBeNull();
  });

  it('counts from the start of an attempt that used up the second', () => {
    const outage = new Outage();
    expect(outage.failed(6_000, 1, 5_000)).toBeNull();
  });

  it('is over with the first statement that succeeds', () => {
    const outage = new Outage();
    outage.failed(5_000, 1, 5_000);
    outage.ended();
    expect(outage.attemptMs(90_000)).toBe(1_000);
    expect(outage.failed(90_000, 1, 90_000)).toBe(20);
  });
});
