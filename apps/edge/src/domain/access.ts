import type { Role } from '@gateway/contracts';
import { AppError, type ErrorCode } from '@gateway/errors';

/** What a route is about; which role may do what there is `RIGHTS`. */
export const AREAS = [
  'organization',
  'members',
  'applications',
  'keys',
  'webhooks',
  'sandbox',
  'messages',
  'templates',
  'insights',
  'wallet',
  'invoices',
] as const;
export type Area = (typeof AREAS)[number];

/** The areas in which a role may read and change; `read-only` reads everywhere. */
const RIGHTS: Readonly<Record<Role, ReadonlySet<Area>>> = {
  owner: new Set(AREAS),
  admin: new Set(AREAS),
  developer: new Set<Area>([
    'applications',
    'keys',
    'webhooks',
    'sandbox',
    'messages',
    'templates',
    'insights',
  ]),
  billing: new Set<Area>(['wallet', 'invoices']),
  'read-only': new Set<Area>(),
};

/** Who is signed in, as the access token says. */
export interface SignedInUser {
  readonly userId: string;
  readonly sessionId: string;
  /** Null before there is an organization. */
  readonly orgId: string | null;
  /** Null before there is an organization. */
  readonly role: Role | null;
}

/** A signed-in user who has an organization. */
export interface MemberOfOrganization extends SignedInUser {
  readonly orgId: string;
  readonly role: Role;
}

export const isMember = (user: SignedInUser): user is MemberOfOrganization =>
  user.orgId !== null && user.role !== null;

/** What a route asks of who calls it. */
export interface RouteAccess {
  /** `account`: any signed-in user, about himself. */
  readonly area: Area | 'account';
  /** What somebody without an organization gets: an empty answer, or AUTH_014. */
  readonly beforeOrganization?: 'list' | 'page' | 'cursor' | 'record';
}

/** Why a user may not call a route, null when he may. */
export function refusalOf(
  user: SignedInUser,
  { area, beforeOrganization }: RouteAccess,
  method: string,
): Extract<ErrorCode, 'AUTH_013' | 'AUTH_014'> | null {
  if (area === 'account') return null;
  if (!isMember(user)) return beforeOrganization === undefined ? 'AUTH_014' : null;
  return mayAccess(user.role, area, method) ? null : 'AUTH_013';
}

/** Whether a role may call a route of an area with a method. */
export function mayAccess(role: Role, area: Area, method: string): boolean {
  const isReading = method === 'GET' || method === 'HEAD';
  return RIGHTS[role].has(area) || (role === 'read-only' && isReading);
}

/** @throws AppError AUTH_013 or AUTH_014 */
export function checkAccess(user: SignedInUser, access: RouteAccess, method: string): void {
  const refusal = refusalOf(user, access, method);
  if (refusal !== null) throw new AppError(refusal);
}
