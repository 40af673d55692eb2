/** Something that runs until it is stopped; null where it is not needed. */
type Part = { stop(): Promise<void> } | null;

/**
 * Waits for two parts that are starting at the same time.
 *
 * @throws what kept one of them from starting, after stopping the other
 */
export async function startTogether<One extends Part, Other extends Part>(
  one: Promise<One>,
  other: Promise<Other>,
): Promise<[One, Other]> {
  const [first, second] = await Promise.allSettled([one, other]);
  if (first.status === 'fulfilled' && second.status === 'fulfilled') {
    return [first.value, second.value];
  }
  for (const part of [first, second]) {
    if (part.status === 'fulfilled') await part.value?.stop();
  }
  return Promise.all([one, other]);
}
