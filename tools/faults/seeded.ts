/** A random number from 0 to below 1; the same seed gives the same row. */
export type Seeded = () => number;

/** mulberry32: small, fast, and good enough to choose moments and victims. */
export function seeded(seed: number): Seeded {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export const between = (random: Seeded, min: number, max: number): number =>
  min + random() * (max - min);

/** One of the items, each as likely as the others. */
export function oneOf<T>(random: Seeded, items: readonly T[]): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('nothing to choose from');
  return item;
}
