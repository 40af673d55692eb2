import { ROLES, isUuid, type CommandRequest, type MemberReference } from '@gateway/contracts';
import { EMAIL, EMAIL_REASON, parseSession } from './account-requests';
import { RequestFields } from './request-fields';

const NAME_LENGTH_MAX = 200;
const WORD_LENGTH_MAX = 100;
const URL_FORM = /^https?:\/\/[^\s]{1,2040}$/i;
const ORIGIN_LENGTH_MAX = 300;

/** Who asks, for which organization. @throws AppError GW_404 for what has not the form of an id */
export function parseMember(request: unknown): MemberReference {
  const fields = new RequestFields(request);
  return {
    userId: fields.reference('userId', isUuid),
    orgId: fields.reference('orgId', isUuid),
  };
}

/** @throws AppError GW_003 with every wrong field */
export function parseNewOrganization(
  request: unknown,
): CommandRequest<'auth', 'organization.create'> {
  const fields = new RequestFields(request);
  const organization = {
    ...parseSession(request),
    organizationName: fields.text('organizationName', NAME_LENGTH_MAX),
    organizationWebsite: fields.optionalMatching('organizationWebsite', URL_FORM, 'must be a URL'),
    businessRole: fields.text('businessRole', WORD_LENGTH_MAX),
    accountType: fields.text('accountType', WORD_LENGTH_MAX),
  };
  fields.check();
  return organization;
}

/** @throws AppError GW_003 with every wrong field */
export function parseInvite(request: unknown): CommandRequest<'auth', 'member.invite'> {
  const fields = new RequestFields(request);
  const invite = {
    ...parseMember(request),
    email: fields.matching('email', EMAIL, EMAIL_REASON),
    role: fields.oneOf('role', ROLES),
  };
  fields.check();
  return invite;
}

/** @throws AppError GW_003 with every wrong field, GW_404 for what has not the form of an id */
export function parseMemberChange(request: unknown): CommandRequest<'auth', 'member.change'> {
  const fields = new RequestFields(request);
  const change = { ...parseMemberId(request), role: fields.oneOf('role', ROLES) };
  fields.check();
  return change;
}

/** @throws AppError GW_404 for what has not the form of an id */
export function parseMemberId(request: unknown): CommandRequest<'auth', 'member.remove'> {
  const memberId = new RequestFields(request).reference('memberId', isUuid);
  return { ...parseMember(request), memberId };
}

/** @throws AppError GW_003 */
export function parseInviteToken(request: unknown): CommandRequest<'auth', 'member.accept'> {
  const fields = new RequestFields(request);
  const inviteToken = fields.secret('inviteToken');
  fields.check();
  return { ...parseSession(request), inviteToken };
}

/** @throws AppError GW_003 for what is more or less than scheme, host and port */
export function parseOrigin(request: unknown): MemberReference & { origin: string } {
  const fields = new RequestFields(request);
  const given = fields.text('origin', ORIGIN_LENGTH_MAX);
  const origin = originOf(given);
  if (origin === null) fields.wrong('origin', 'must be scheme, host and port of a web page');
  fields.check();
  return { ...parseMember(request), origin: origin ?? '' };
}

/** The origin as browsers send it, or null for what is none. */
function originOf(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
  const isBare =
    url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  return isWeb && isBare && url.password === '' && !/[?#@]/.test(text) ? url.origin : null;
}
