import { isUuid, type ApplicationReference, type CommandRequest } from '@gateway/contracts';
import { EMAIL, EMAIL_REASON, PHONE_REASON } from './account-requests';
import { parseMember } from './organization-requests';
import { PHONE_NUMBER } from './phone-number';
import { RequestFields, isHandle } from './request-fields';

const NAME_LENGTH_MAX = 100;
const TITLE_LENGTH_MAX = 50;
const META_ID = /^\d{5,20}$/;
const META_ID_REASON = 'must be 5 to 20 digits';
const META_SECRET = /^[\x21-\x7e]{1,4096}$/;

/** @throws AppError GW_404 for what has not the form of an id */
export function parseApplication(request: unknown): ApplicationReference {
  const appId = new RequestFields(request).reference('appId', isHandle);
  return { ...parseMember(request), appId };
}

/** @throws AppError GW_003 */
export function parseNewApplication(
  request: unknown,
): CommandRequest<'auth', 'application.create'> {
  const fields = new RequestFields(request);
  const applicationName = fields.text('applicationName', NAME_LENGTH_MAX);
  fields.check();
  return { ...parseMember(request), applicationName };
}

/** @throws AppError GW_003 with every wrong field */
export function parseApplicationChange(
  request: unknown,
): CommandRequest<'auth', 'application.change'> {
  const fields = new RequestFields(request);
  const change = {
    ...parseApplication(request),
    applicationName: fields.optionalText('applicationName', NAME_LENGTH_MAX) ?? undefined,
    contact: fields.has('contact') ? contactOf(fields.object('contact')) : undefined,
  };
  fields.check();
  return change;
}

/** What is absent stays as it is; null clears. */
function contactOf(fields: RequestFields) {
  return {
    ...(fields.has('name') && { name: fields.optionalText('name', NAME_LENGTH_MAX) }),
    ...(fields.has('email') && { email: fields.optionalMatching('email', EMAIL, EMAIL_REASON) }),
    ...(fields.has('phoneNumber') && {
      phoneNumber: fields.optionalMatching('phoneNumber', PHONE_NUMBER, PHONE_REASON),
    }),
  };
}

/** What opens a number: a token, or the code that Meta gives one for. */
export type ChannelKey = { readonly accessToken: string } | { readonly code: string };

/** @throws AppError GW_003 with every wrong field, and unless there is either a token or a code */
export function parseChannel(
  request: unknown,
): ApplicationReference & { phoneNumberId: string; wabaId: string; key: ChannelKey } {
  const fields = new RequestFields(request);
  const channel = {
    ...parseApplication(request),
    phoneNumberId: fields.matching('phoneNumberId', META_ID, META_ID_REASON),
    wabaId: fields.matching('wabaId', META_ID, META_ID_REASON),
    key: channelKeyOf(fields),
  };
  fields.check();
  return channel;
}

function channelKeyOf(fields: RequestFields): ChannelKey {
  if (!fields.has('code')) {
    const reason = 'must be an access token of Meta, unless there is a code';
    return { accessToken: fields.matching('accessToken', META_SECRET, reason) };
  }
  if (fields.has('accessToken')) fields.wrong('code', 'stands in the place of an accessToken');
  return { code: fields.matching('code', META_SECRET, "must be a code of Meta's Embedded Signup") };
}

/** @throws AppError GW_003 with every wrong field */
export function parseNewTestNumber(request: unknown): CommandRequest<'auth', 'test-number.add'> {
  const fields = new RequestFields(request);
  const number = {
    ...parseApplication(request),
    phoneNumber: fields.matching('phoneNumber', PHONE_NUMBER, PHONE_REASON),
    title: fields.optionalText('title', TITLE_LENGTH_MAX),
  };
  fields.check();
  return number;
}

/** @throws AppError GW_003, GW_404 for what has not the form of an id */
export function parseTestNumberChange(
  request: unknown,
): CommandRequest<'auth', 'test-number.change'> {
  const fields = new RequestFields(request);
  const title = fields.optionalText('title', TITLE_LENGTH_MAX);
  fields.check();
  return { ...parseTestNumber(request), title };
}

/** @throws AppError GW_404 for what has not the form of an id */
export function parseTestNumber(request: unknown): CommandRequest<'auth', 'test-number.remove'> {
  return { ...parseApplication(request), id: new RequestFields(request).reference('id', isUuid) };
}
