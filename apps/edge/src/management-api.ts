import {
  Controller,
  UseInterceptors,
  UsePipes,
  applyDecorators,
  createParamDecorator,
  type ExecutionContext,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import {
  isMember,
  type MemberOfOrganization,
  type RouteAccess,
  type SignedInUser,
} from './domain/access';
import { DtoPipe } from './dto.pipe';
import { EnvelopeInterceptor } from './envelope.interceptor';

/** The tasks by which routes are grouped in the API's description, in its order. */
export const TASKS = {
  account: 'Account',
  organization: 'Organization',
  members: 'Members',
  applications: 'Applications',
  keys: 'API keys',
  webhooks: 'Webhook',
  sandbox: 'Sandbox',
  messages: 'Messages of an application',
  templates: 'Templates',
  insights: 'Insights',
  wallet: 'Wallet and billing',
} as const;

/** A controller of the management API: DTOs are checked, answers get their envelope. `path` is under `/api/v1`. */
export const ManagementController = (path: string, task: keyof typeof TASKS): ClassDecorator =>
  applyDecorators(
    Controller(`api/v1/${path}`.replace(/\/$/, '')),
    UsePipes(DtoPipe),
    UseInterceptors(EnvelopeInterceptor),
    ApiTags(TASKS[task]),
  );

/**
 * Who may call a route: a signed-in user whose role has a right in this area; the method says whether he reads or
 * changes. `account` is for any signed-in user.
 * @param options.beforeOrganization what somebody without an organization gets instead of AUTH_014
 */
export const Access = (
  area: RouteAccess['area'],
  options: Pick<RouteAccess, 'beforeOrganization'> = {},
): MethodDecorator =>
  applyDecorators(
    RouteConfig({ access: { area, ...options } satisfies RouteAccess }),
    ApiBearerAuth('accessToken'),
  );

/** A route that needs nobody to be signed in. */
export const OpenToAnybody = (): MethodDecorator => RouteConfig({ access: 'anybody' });

/** The signed-in user; he may have no organization yet. */
export const SignedIn = createParamDecorator((_: unknown, context: ExecutionContext) =>
  userOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

/** The signed-in user on a route whose access asks for an organization. */
export const Member = createParamDecorator(
  (_: unknown, context: ExecutionContext): MemberOfOrganization => {
    const user = userOf(context.switchToHttp().getRequest<FastifyRequest>());
    if (!isMember(user)) throw new Error('the route lets in users without an organization');
    return user;
  },
);

function userOf({ user }: FastifyRequest): SignedInUser {
  if (user === null) throw new Error('the route does not ask for an access token');
  return user;
}
