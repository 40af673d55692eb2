import { GROUPS } from './topics';

it('no group consumes two topics: its members would have to subscribe to different ones', () => {
  const groups = GROUPS.map(({ group }) => group);
  expect(new Set(groups).size).toBe(groups.length);
});
