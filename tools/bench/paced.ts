/**
 * Starts things at fixed moments, whatever becomes of those before: the open model.
 *
 * @param fire gets the index and the moment, on the clock of `performance.now()`, at which it was due
 * @returns when all of them are done
 */
export async function paced(
  perSecond: number,
  count: number,
  fire: (index: number, dueMs: number) => Promise<void>,
): Promise<void> {
  const startMs = performance.now() + 50;
  const dueMs = (index: number): number => startMs + (index * 1000) / perSecond;
  const pending: Promise<void>[] = [];
  while (pending.length < count) {
    while (pending.length < count && dueMs(pending.length) <= performance.now()) {
      const index = pending.length;
      pending.push(fire(index, dueMs(index)));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(pending);
}
