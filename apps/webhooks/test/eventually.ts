/** Waits for a condition, for as long as a slow machine needs. */
export async function eventually(condition: () => boolean): Promise<void> {
  const untilMs = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > untilMs) throw new Error('It did not happen.');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
