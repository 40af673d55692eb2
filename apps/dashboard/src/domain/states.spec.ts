import { MESSAGE_STATES as CONTRACT_STATES } from '@gateway/contracts';
import { deliveryHealth } from './delivery-states';
import { MESSAGE_STATES, countStates, isMoving, stateMeaning } from './message-states';

it('knows every state that the gateway has', () => {
  expect(Object.keys(MESSAGE_STATES).sort()).toEqual([...CONTRACT_STATES].sort());
});

it('shows a state that came later by its name', () => {
  expect(stateMeaning('paused').label).toBe('paused');
  expect(stateMeaning('toString').label).toBe('toString');
});

it('asks again while something can still happen', () => {
  expect(isMoving({ state: 'delivered', isFake: false })).toBe(true);
  expect(isMoving({ state: 'failed', isFake: false })).toBe(false);
  expect(isMoving({ state: 'accepted', isFake: true })).toBe(false);
});

it('counts the messages in each state, in the order of the states', () => {
  const messages = ['read', 'sent', 'read', 'odd'].map((state) => ({ state }));
  expect(countStates(messages)).toEqual([
    { state: 'sent', count: 1 },
    { state: 'read', count: 2 },
    { state: 'odd', count: 1 },
  ]);
});

it.each([
  [[], true, 'Waiting for the first event'],
  [['delivered', 'pending'], true, 'Healthy'],
  [['delivered', 'exhausted'], true, 'Some events were given up'],
  [['pending', 'held'], true, 'Nothing taken yet'],
  [['delivered'], false, 'Switched off'],
])('tells the health of an endpoint: %j, active %s', (states, isActive, label) => {
  const latest = states.map((state) => ({ state }));
  expect(deliveryHealth(latest, isActive).label).toBe(label);
});
