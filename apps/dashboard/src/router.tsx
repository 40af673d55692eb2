import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { session } from './api/client';
import { organizationsQuery } from './api/queries/account';
import { queryClient } from './api/query-client';
import { PageFailed, PageLoading, PageMissing } from './layout/page-states';

const textIn = (search: Record<string, unknown>, name: string): string | undefined => {
  const value = search[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

async function requireSession({ location }: { location: { href: string } }): Promise<void> {
  if ((await session.accessToken()) !== null) return;
  const next = location.href === '/' ? undefined : location.href;
  redirect({ to: '/sign-in', search: { next }, throw: true });
}

async function requireOrganization(): Promise<void> {
  const organizations = await queryClient.query({ ...organizationsQuery, staleTime: 'static' });
  if (organizations.length === 0) redirect({ to: '/welcome', throw: true });
}

const root = createRootRoute({ notFoundComponent: PageMissing });

const entry = createRoute({
  getParentRoute: () => root,
  id: 'entry',
  component: lazyRouteComponent(() => import('./layout/entry'), 'Entry'),
});
const nextOf = (search: Record<string, unknown>): { next?: string } => ({
  next: textIn(search, 'next'),
});
const signIn = createRoute({
  getParentRoute: () => entry,
  path: '/sign-in',
  validateSearch: nextOf,
  component: lazyRouteComponent(() => import('./pages/entry/sign-in'), 'SignIn'),
});
const register = createRoute({
  getParentRoute: () => entry,
  path: '/register',
  validateSearch: nextOf,
  component: lazyRouteComponent(() => import('./pages/entry/register'), 'Register'),
});
const forgotPassword = createRoute({
  getParentRoute: () => entry,
  path: '/forgot-password',
  component: lazyRouteComponent(() => import('./pages/entry/forgot-password'), 'ForgotPassword'),
});
const welcome = createRoute({
  getParentRoute: () => entry,
  path: '/welcome',
  beforeLoad: requireSession,
  component: lazyRouteComponent(() => import('./pages/entry/welcome'), 'Welcome'),
});
const acceptInvite = createRoute({
  getParentRoute: () => entry,
  path: '/accept-invite',
  validateSearch: (search: Record<string, unknown>): { token?: string } => ({
    token: textIn(search, 'token'),
  }),
  beforeLoad: requireSession,
  component: lazyRouteComponent(() => import('./pages/entry/accept-invite'), 'AcceptInvite'),
});

const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  beforeLoad: async (context) => {
    await requireSession(context);
    await requireOrganization();
  },
  component: lazyRouteComponent(() => import('./layout/shell'), 'Shell'),
});
const overview = createRoute({
  getParentRoute: () => shell,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/overview/overview'), 'Overview'),
});
const newApplication = createRoute({
  getParentRoute: () => shell,
  path: '/applications/new',
  component: lazyRouteComponent(() => import('./pages/applications/new'), 'NewApplication'),
});
const application = createRoute({
  getParentRoute: () => shell,
  path: '/applications/$appId',
});
const messages = createRoute({
  getParentRoute: () => application,
  path: 'messages',
  validateSearch: (
    search: Record<string, unknown>,
  ): { state?: string; recipient?: string; message?: string } => ({
    state: textIn(search, 'state'),
    recipient: textIn(search, 'recipient'),
    message: textIn(search, 'message'),
  }),
  component: lazyRouteComponent(() => import('./pages/messages/messages'), 'Messages'),
});
const sandbox = createRoute({
  getParentRoute: () => application,
  path: 'sandbox',
  component: lazyRouteComponent(() => import('./pages/sandbox/sandbox'), 'Sandbox'),
});
const developers = createRoute({
  getParentRoute: () => application,
  path: 'developers',
  component: lazyRouteComponent(() => import('./pages/developers/developers'), 'Developers'),
});
const webhooks = createRoute({
  getParentRoute: () => application,
  path: 'webhooks',
  component: lazyRouteComponent(() => import('./pages/webhooks/webhooks'), 'Webhooks'),
});
const number = createRoute({
  getParentRoute: () => application,
  path: 'number',
  component: lazyRouteComponent(() => import('./pages/number/number'), 'PhoneNumber'),
});
const wallet = createRoute({
  getParentRoute: () => shell,
  path: '/wallet',
  component: lazyRouteComponent(() => import('./pages/wallet/wallet'), 'Wallet'),
});
const members = createRoute({
  getParentRoute: () => shell,
  path: '/members',
  component: lazyRouteComponent(() => import('./pages/members/members'), 'Members'),
});
const account = createRoute({
  getParentRoute: () => shell,
  path: '/account',
  component: lazyRouteComponent(() => import('./pages/account/account'), 'Account'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    entry.addChildren([signIn, register, forgotPassword, welcome, acceptInvite]),
    shell.addChildren([
      overview,
      newApplication,
      application.addChildren([messages, sandbox, developers, webhooks, number]),
      wallet,
      members,
      account,
    ]),
  ]),
  defaultPreload: 'intent',
  defaultPendingComponent: PageLoading,
  defaultErrorComponent: PageFailed,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
