import fc from 'fast-check';
import { Watermark } from './watermark';

/** Offsets that rise with gaps, and an order in which they finish. */
const offsetsAndOrder = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.double({ noNaN: true })), {
    minLength: 1,
    maxLength: 60,
  })
  .map((steps) => {
    let offset = 0n;
    const taken = steps.map(([gap, rank]) => {
      offset += BigInt(gap);
      return { offset, rank };
    });
    return {
      offsets: taken.map((each) => each.offset),
      order: [...taken].sort((a, b) => a.rank - b.rank).map((each) => each.offset),
    };
  });

/** One past the last record before the first unfinished one. */
function expectedMark(offsets: readonly bigint[], done: ReadonlySet<bigint>): bigint | null {
  let mark: bigint | null = null;
  for (const offset of offsets) {
    if (!done.has(offset)) return mark;
    mark = offset + 1n;
  }
  return mark;
}

describe('watermark of a partition', () => {
  it('never passes an unfinished record and never stops before one, in any order, with any gaps', () => {
    fc.assert(
      fc.property(offsetsAndOrder, ({ offsets, order }) => {
        const watermark = new Watermark();
        const done = new Set<bigint>();
        for (const offset of offsets) watermark.take(offset, Number(offset));
        for (const offset of order) {
          const before = watermark.position;
          done.add(offset);
          const hasMoved = watermark.finish(offset);
          expect(watermark.position).toBe(expectedMark(offsets, done));
          expect(hasMoved).toBe(watermark.position !== before);
          const oldest = offsets.find((each) => !done.has(each));
          expect(watermark.oldestTimestampMs).toBe(
            oldest === undefined ? undefined : Number(oldest),
          );
        }
        expect(watermark.waiting).toBe(0);
      }),
    );
  });

  it('stays exact over thousands of records that are taken and finished in turn', () => {
    const watermark = new Watermark();
    for (let offset = 0n; offset < 10_000n; offset += 1n) {
      watermark.take(offset, 0);
      if (offset >= 3n) watermark.finish(offset - 3n);
    }
    expect(watermark.position).toBe(9_997n);
    expect(watermark.waiting).toBe(3);
  });

  it('takes no record a second time, finished or not', () => {
    const watermark = new Watermark();
    expect(watermark.take(5n, 0)).toBe(true);
    expect(watermark.take(5n, 0)).toBe(false);
    watermark.finish(5n);
    expect(watermark.take(5n, 0)).toBe(false);
    expect(watermark.take(9n, 0)).toBe(true);
  });

  it('ignores the end of a record that it never took', () => {
    const watermark = new Watermark();
    watermark.take(5n, 0);
    watermark.take(7n, 0);
    expect([4n, 6n, 8n].map((offset) => watermark.finish(offset))).toEqual([false, false, false]);
    expect(watermark.position).toBeNull();
  });

  it('lets go on exactly those who wait for a record below the committed position', async () => {
    const watermark = new Watermark();
    const gone: bigint[] = [];
    for (const offset of [7n, 3n, 5n]) {
      void watermark.committed(offset).then(() => gone.push(offset));
    }
    watermark.confirm(6n);
    await Promise.resolve();
    expect(gone).toEqual([3n, 5n]);
    watermark.confirm(5n);
    await watermark.committed(5n);
    expect(gone).toEqual([3n, 5n]);
    watermark.confirm(8n);
    await Promise.resolve();
    expect(gone).toEqual([3n, 5n, 7n]);
  });
});
