/** The five roles, with what they may do in a word. */
export const ROLES = [
  { value: 'owner', label: 'Owner: everything' },
  { value: 'admin', label: 'Admin: all but owners' },
  { value: 'developer', label: 'Developer: keys, webhooks' },
  { value: 'billing', label: 'Billing: the wallet' },
  { value: 'read-only', label: 'Read only' },
] as const;

type RoleName = (typeof ROLES)[number]['value'];

export const isRole = (value: string | null): value is RoleName =>
  ROLES.some((role) => role.value === value);
