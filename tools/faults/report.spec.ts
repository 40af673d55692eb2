import { reliabilityPage, resultTable } from './report';
import type { Result } from './run-scenario';

const run = (name: string, seed: number, more: Partial<Result> = {}): Result => ({
  scenario: { name, row: 25, says: 'something breaks' },
  seed,
  timeline: [`timeline of ${name} ${seed}`],
  violations: [],
  answers: { '200': 10 },
  recoveryMs: 400,
  moneyLooks: 1,
  figures: [],
  durationMs: 15_000,
  ...more,
});

describe('several runs of one scenario', () => {
  const runs = [
    run('random', 1),
    run('kill-edge', 7, { answers: { '200': 5 } }),
    run('random', 2, { answers: { GW_008: 30 }, recoveryMs: 900 }),
    run('random', 3),
  ];

  it('are one line: the sums, and the slowest way back', () => {
    const lines = resultTable(runs)
      .split('\n')
      .slice(2)
      .map((line) => line.split('|').map((cell) => cell.trim()));
    expect(lines).toEqual([
      ['', '25', 'random', '3 of 1 to 3', 'GW_008: 30, 200: 20', '0.9', '45.0', '0', ''],
      ['', '25', 'kill-edge', '7', '200: 5', '0.4', '15.0', '0', ''],
    ]);
  });

  it('say that one never came back', () => {
    expect(resultTable([...runs, run('random', 4, { recoveryMs: null })])).toContain('| never ');
  });

  it('show the timeline of the slowest, or of each that broke a promise', () => {
    const shown = (results: readonly Result[]): string[] =>
      reliabilityPage({ results, planted: [] }).match(/timeline of random \d/g) ?? [];
    expect(shown(runs)).toEqual(['timeline of random 2']);
    const violations = [{ invariant: 'I2', says: 'twice' }] as unknown as Result['violations'];
    const broken = [run('random', 5, { violations }), run('random', 6, { violations })];
    expect(shown([...runs, ...broken])).toEqual(['timeline of random 5', 'timeline of random 6']);
    expect(reliabilityPage({ results: broken, planted: [] })).toContain('| 2 (I2) ');
  });
});
