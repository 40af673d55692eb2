import { firstSteps, nextStep, type Progress } from './first-steps';

const NOTHING: Progress = { keysCount: 0, messages: [], hasChannel: false, hasWebhook: false };
const done = (progress: Partial<Progress>): string[] =>
  firstSteps({ ...NOTHING, ...progress })
    .filter(({ isDone }) => isDone)
    .map(({ id }) => id);
const fake = { isFake: true, state: 'accepted' };
const real = (state: string) => ({ isFake: false, state });

it('begins with a key', () => {
  expect(done({})).toEqual([]);
  expect(nextStep(firstSteps(NOTHING))).toBe('key');
});

it('ticks each step when it has happened', () => {
  expect(done({ keysCount: 1 })).toEqual(['key']);
  expect(done({ messages: [fake] })).toEqual(['fake']);
  expect(done({ messages: [real('sent')], hasChannel: true })).toEqual(['real']);
  expect(done({ hasWebhook: true })).toEqual(['webhook']);
});

it('takes a refused message for none', () => {
  expect(done({ messages: [real('rejected')], hasChannel: true })).toEqual([]);
});

it('sees an arrival only when there is a webhook that was told', () => {
  const arrived = { keysCount: 1, messages: [real('delivered'), fake], hasChannel: true };
  expect(done(arrived)).toEqual(['key', 'fake', 'real']);
  const all = firstSteps({ ...arrived, hasWebhook: true });
  expect(nextStep(all)).toBeNull();
});
