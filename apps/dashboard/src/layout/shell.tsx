import { AppShell, Burger, Group, ScrollArea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { session } from '../api/client';
import { AccountMenu } from './account-menu';
import { AppSwitcher } from './app-switcher';
import { Brand } from './brand';
import { Menu } from './menu';

/** Frame of every page for who is signed in. */
export function Shell() {
  const [isOpen, { toggle, close }] = useDisclosure(false);
  const { pathname } = useLocation();
  useLeaveWhenOver();
  useEffect(close, [pathname, close]);
  return (
    <AppShell
      header={{ height: 56, collapsed: false }}
      navbar={{ width: 248, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding="lg"
    >
      <a className="skip-link" href="#content">
        Skip to the content
      </a>
      <AppShell.Header px="md">
        <Group h="100%" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={isOpen}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={isOpen ? 'Close the menu' : 'Open the menu'}
              aria-expanded={isOpen}
            />
            <Brand />
          </Group>
          <AccountMenu />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="md" aria-label="Menu">
        <AppSwitcher />
        <AppShell.Section grow component={ScrollArea} mt="md">
          <Menu />
        </AppShell.Section>
      </AppShell.Navbar>
      <Content pathname={pathname} />
    </AppShell>
  );
}

/** A new page begins at its top, for the eye and for a screen reader. */
function Content({ pathname }: { pathname: string }) {
  const main = useRef<HTMLElement>(null);
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [pathname]);
  return (
    <AppShell.Main id="content" tabIndex={-1} ref={main}>
      <div style={{ maxWidth: 1080, margin: '0 auto' }}>
        <Outlet />
      </div>
    </AppShell.Main>
  );
}

/** To the sign-in as soon as the session is over, wherever that was noticed. */
function useLeaveWhenOver(): void {
  const state = useSyncExternalStore(session.subscribe, () => session.state);
  const navigate = useNavigate();
  useEffect(() => {
    if (state === 'signed-out') void navigate({ to: '/sign-in' });
  }, [state, navigate]);
}
