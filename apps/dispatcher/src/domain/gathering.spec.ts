import { Gathering } from './gathering';

describe('a gathering', () => {
  it('takes what one turn brings together, and what comes while runs are under way into the next', async () => {
    const runs: number[][] = [];
    const ends: (() => void)[] = [];
    const gathering = new Gathering<number>(
      (items) => {
        runs.push(items);
        return new Promise((resolve) => ends.push(resolve));
      },
      { runsMax: 2, itemsMax: 3 },
    );
    for (const item of [1, 2]) gathering.add(item);
    await Promise.resolve();
    expect(runs).toEqual([[1, 2]]);
    gathering.add(3);
    await Promise.resolve();
    for (const item of [4, 5, 6, 7]) gathering.add(item);
    await Promise.resolve();
    expect(runs).toEqual([[1, 2], [3]]);
    ends.shift()?.();
    await new Promise(setImmediate);
    expect(runs).toEqual([[1, 2], [3], [4, 5, 6]]);
    ends.shift()?.();
    await new Promise(setImmediate);
    expect(runs.at(-1)).toEqual([7]);
  });

  it('with a linger waits for more before each run, whatever the run before took', async () => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'setImmediate'] });
    const runs: number[][] = [];
    const gathering = new Gathering<number>(
      (items) => {
        runs.push(items);
        return Promise.resolve();
      },
      { runsMax: 1, itemsMax: 10, lingerMs: 25 },
    );
    gathering.add(1);
    jest.advanceTimersByTime(24);
    gathering.add(2);
    expect(runs).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(runs).toEqual([[1, 2]]);
    gathering.add(3);
    await new Promise(setImmediate);
    expect(runs).toHaveLength(1);
    jest.advanceTimersByTime(25);
    expect(runs).toEqual([[1, 2], [3]]);
    jest.useRealTimers();
  });

  it('with a rest waits for more after a large run, and not after a small one', async () => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'setImmediate'] });
    const runs: number[] = [];
    const gathering = new Gathering<number>(
      (items) => {
        runs.push(items.length);
        return Promise.resolve();
      },
      { runsMax: 1, itemsMax: 100, restMs: 5 },
    );
    const add = async (count: number): Promise<void> => {
      for (let item = 0; item < count; item += 1) gathering.add(item);
      await new Promise(setImmediate);
    };
    await add(15);
    await add(16);
    expect(runs).toEqual([15, 16]);
    await add(3);
    await add(4);
    expect(runs).toEqual([15, 16]);
    jest.advanceTimersByTime(5);
    await new Promise(setImmediate);
    await add(1);
    expect(runs).toEqual([15, 16, 7, 1]);
    jest.useRealTimers();
  });
});
