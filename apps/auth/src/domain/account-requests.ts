import {
  isUuid,
  type ClientOrigin,
  type CommandRequest,
  type SessionReference,
} from '@gateway/contracts';
import { PHONE_NUMBER } from './phone-number';
import { RequestFields } from './request-fields';

export const EMAIL =
  /^[^\s@"(),:;<>[\\\]]{1,64}@(?=[^@]{4,189}$)([A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}$/;
export const EMAIL_REASON = 'must be an e-mail address';
export const PHONE_REASON = 'must be a phone number in E.164 with its plus';
const ADDRESS = /^[0-9A-Fa-f.:]{2,45}$/;
const CODE = /^\d{6}$/;
const NAME_LENGTH_MAX = 100;
const TOKEN_VERSION_MAX = 2_147_483_647;

/** @throws AppError GW_003 with every wrong field */
export function parseSignIn(request: unknown): CommandRequest<'auth', 'session.open'> {
  return checked(request, (fields) => ({
    email: fields.matching('email', EMAIL, EMAIL_REASON),
    password: fields.secret('password'),
    client: clientOf(fields),
  }));
}

/** @throws AppError GW_003, GW_404 for what has not the form of an id */
export function parseSessionCheck(request: unknown): CommandRequest<'auth', 'session.check'> {
  return checked(request, (fields) => ({
    sessionId: fields.reference('sessionId', isUuid),
    tokenVersion: fields.integer('tokenVersion', 0, TOKEN_VERSION_MAX),
  }));
}

/** Who is signed in. @throws AppError GW_404 for what has not the form of an id */
export const parseSession = (request: unknown): SessionReference =>
  sessionOf(new RequestFields(request));

/** @throws AppError GW_404 for what has not the form of an id */
export const parseUser = (request: unknown): { userId: string } => ({
  userId: new RequestFields(request).reference('userId', isUuid),
});

/** @throws AppError GW_003 with every wrong field */
export function parseRegistration(request: unknown): CommandRequest<'auth', 'user.register'> {
  return checked(request, (fields) => ({
    firstName: fields.text('firstName', NAME_LENGTH_MAX),
    lastName: fields.text('lastName', NAME_LENGTH_MAX),
    email: fields.matching('email', EMAIL, EMAIL_REASON),
    password: fields.newPassword('password'),
    client: clientOf(fields),
  }));
}

/** @throws AppError GW_003 with every wrong field */
export function parsePasswordChange(request: unknown): CommandRequest<'auth', 'password.change'> {
  return checked(request, (fields) => ({
    ...sessionOf(fields),
    currentPassword: fields.secret('currentPassword'),
    newPassword: fields.newPassword('newPassword'),
    client: clientOf(fields),
  }));
}

/** @throws AppError GW_003 with every wrong field */
export function parsePasswordReset(request: unknown): CommandRequest<'auth', 'password.reset'> {
  return checked(request, (fields) => ({
    passwordResetToken: fields.secret('passwordResetToken'),
    newPassword: fields.newPassword('newPassword'),
    client: clientOf(fields),
  }));
}

/** Where a code goes. @throws AppError GW_003 with every wrong field */
export function parseCodeTarget(request: unknown): CommandRequest<'auth', 'code.send-for-reset'> {
  return checked(request, (fields) => ({
    target: fields.matching('target', PHONE_NUMBER, PHONE_REASON),
    client: clientOf(fields),
  }));
}

/** A code that somebody has read. @throws AppError GW_003 with every wrong field */
export function parseCode(request: unknown): { code: string; client: ClientOrigin } {
  return checked(request, (fields) => ({
    code: fields.matching('code', CODE, 'must be 6 digits'),
    client: clientOf(fields),
  }));
}

const sessionOf = (fields: RequestFields): SessionReference => ({
  userId: fields.reference('userId', isUuid),
  sessionId: fields.reference('sessionId', isUuid),
});

/** Where the request came from, as the edge says. */
function clientOf(fields: RequestFields): ClientOrigin {
  const client = fields.object('client');
  return {
    address: client.matching('address', ADDRESS, 'must be an IP address'),
    kind: client.oneOf('kind', ['browser', 'native']),
  };
}

function checked<Parsed>(request: unknown, read: (fields: RequestFields) => Parsed): Parsed {
  const fields = new RequestFields(request);
  const parsed = read(fields);
  fields.check();
  return parsed;
}
