import { KeyConcurrency } from './key-concurrency';

const KEY = { keyId: 'k', concurrencyLimit: 2 };

function pending(): { readonly work: () => Promise<void>; readonly end: () => void } {
  let end: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { work: () => promise, end };
}

it('refuses what is more at once than the key allows, and lets in the next when one has ended', async () => {
  const concurrency = new KeyConcurrency();
  const [one, two] = [pending(), pending()];
  const running = [concurrency.run(KEY, one.work), concurrency.run(KEY, two.work)];
  await expect(concurrency.run(KEY, one.work)).rejects.toMatchObject({ code: 'RATE_002' });
  one.end();
  await running[0];
  const third = concurrency.run(KEY, two.work);
  two.end();
  await Promise.all([...running, third]);
  expect(concurrency.size).toBe(0);
});

it('counts a request that fails as ended', async () => {
  const concurrency = new KeyConcurrency();
  const failing = (): Promise<void> => Promise.reject(new Error('no'));
  await expect(concurrency.run(KEY, failing)).rejects.toThrow('no');
  expect(concurrency.size).toBe(0);
});

it('counts nothing for a key without a limit', async () => {
  const concurrency = new KeyConcurrency();
  const { work, end } = pending();
  const running = [1, 2, 3].map(() =>
    concurrency.run({ keyId: 'k', concurrencyLimit: null }, work),
  );
  expect(concurrency.size).toBe(0);
  end();
  await Promise.all(running);
});
