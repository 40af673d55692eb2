import { SendsLedger } from './sends-ledger';

const ENTRY = { atMs: 0, phoneNumberId: '1', endpoint: 'messages', wamid: 'wamid.x', fault: null };

const textOf = (store: SendsLedger, after: number, limit: number): string =>
  Buffer.concat([...store.read(after, limit)]).toString('utf8');

const read = (store: SendsLedger, after: number, limit: number) =>
  (
    JSON.parse(`[${textOf(store, after, limit)}]`) as { sequence: number; body: { n: number } }[]
  ).map(({ sequence, body }) => [sequence, body.n]);

function fill(store: SendsLedger, count: number, padding = ''): void {
  for (let n = 1; n <= count; n += 1) {
    store.append({ ...ENTRY, body: Buffer.from(JSON.stringify({ n, padding })) });
  }
}

describe('the ledger', () => {
  it('reads any range, also across its pages', () => {
    const store = new SendsLedger({ entriesMax: 100_000, bytesMax: 1e9 });
    fill(store, 10_000);
    expect(read(store, 0, 2)).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(read(store, 4_094, 4)).toEqual([
      [4095, 4095],
      [4096, 4096],
      [4097, 4097],
      [4098, 4098],
    ]);
    expect(read(store, 0, 100_000)).toHaveLength(10_000);
    expect(read(store, 9_999, 10)).toEqual([[10_000, 10_000]]);
    expect(read(store, 10_000, 10)).toEqual([]);
    expect(store.nextAfter(9_990, 10)).toBeNull();
    expect(store.nextAfter(9_989, 10)).toBe(9_999);
  });

  it('drops the oldest above its entries, and reading goes on with the oldest kept', () => {
    const store = new SendsLedger({ entriesMax: 10_000, bytesMax: 1e9 });
    fill(store, 50_000);
    expect(store.count).toBe(50_000);
    expect(store.kept).toBeLessThanOrEqual(10_000);
    expect(store.kept).toBeGreaterThan(8_000);
    const oldest = store.count - store.kept + 1;
    expect(read(store, 0, 1)).toEqual([[oldest, oldest]]);
    expect(store.nextAfter(0, 1)).toBe(oldest);
  });

  it('drops the oldest above its bytes, and keeps one entry of any size', () => {
    const store = new SendsLedger({ entriesMax: 100_000, bytesMax: 4_194_304 });
    fill(store, 1_000, 'x'.repeat(10_000));
    expect(store.kept).toBeGreaterThan(200);
    expect(store.kept).toBeLessThan(420);
    store.append({ ...ENTRY, body: Buffer.from(`{"n":1001,"x":"${'x'.repeat(2_000_000)}"}`) });
    expect(read(store, 1_000, 1)).toEqual([[1_001, 1_001]]);
  });

  it('gives a reader what was there, whatever is appended or cleared meanwhile', () => {
    const store = new SendsLedger({ entriesMax: 6_500, bytesMax: 1e9 });
    fill(store, 6_000);
    const reader = store.read(0, 6_000);
    const pieces = [reader.next().value as Buffer];
    fill(store, 9_000);
    store.clear();
    pieces.push(...reader);
    const entries = JSON.parse(`[${Buffer.concat(pieces).toString('utf8')}]`) as unknown[];
    expect(entries).toHaveLength(6_000);
  });
});
