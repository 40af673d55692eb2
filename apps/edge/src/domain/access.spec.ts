import { ROLES, type Role } from '@gateway/contracts';
import { AREAS, mayAccess, refusalOf, type Area, type SignedInUser } from './access';

const user = (role: Role | null): SignedInUser => ({
  userId: 'u',
  sessionId: 's',
  orgId: role === null ? null : 'o',
  role,
});

/** The rights of the management API, written out once more: a change of them must change this, too. */
const CHANGES: Record<Role, readonly Area[]> = {
  owner: AREAS,
  admin: AREAS,
  developer: ['applications', 'keys', 'webhooks', 'sandbox', 'messages', 'templates', 'insights'],
  billing: ['wallet', 'invoices'],
  'read-only': [],
};

it.each(ROLES)('lets the role %s change its areas and no other', (role) => {
  expect(AREAS.filter((area) => mayAccess(role, area, 'POST'))).toEqual(CHANGES[role]);
});

it.each(ROLES)('lets the role %s read what it may change, and read-only everything', (role) => {
  const readable = role === 'read-only' ? AREAS : CHANGES[role];
  expect(AREAS.filter((area) => mayAccess(role, area, 'GET'))).toEqual(readable);
});

it('refuses somebody without an organization, except where an empty answer is due or it is about himself', () => {
  expect(refusalOf(user(null), { area: 'keys' }, 'GET')).toBe('AUTH_014');
  expect(refusalOf(user(null), { area: 'keys', beforeOrganization: 'page' }, 'GET')).toBeNull();
  expect(refusalOf(user(null), { area: 'account' }, 'POST')).toBeNull();
});

it('refuses a role without the right', () => {
  expect(refusalOf(user('billing'), { area: 'keys' }, 'GET')).toBe('AUTH_013');
});
