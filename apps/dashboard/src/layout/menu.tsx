import { Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Icon } from '../components/icons';
import { NavItem } from '../components/links';
import { useCurrentApp } from './current-app';

const ACTIVE = { 'data-active': true, 'aria-current': 'page' } as const;
const EXACT = { exact: true } as const;

/** The pages: those of the application, the settings, and what the gateway itself serves. */
export function Menu() {
  const { current } = useCurrentApp();
  return (
    <Stack gap="lg">
      <Stack gap={2}>
        <NavItem
          to="/"
          label="Overview"
          leftSection={<Icon name="home" />}
          activeOptions={EXACT}
          activeProps={ACTIVE}
        />
      </Stack>
      {current !== undefined && <ApplicationPages appId={current.appId} />}
      <Group title="Settings">
        {current !== undefined && <ApplicationSettings appId={current.appId} />}
        <NavItem
          to="/wallet"
          label="Wallet"
          leftSection={<Icon name="wallet" />}
          activeProps={ACTIVE}
        />
        <NavItem
          to="/members"
          label="Members"
          leftSection={<Icon name="people" />}
          activeProps={ACTIVE}
        />
      </Group>
    </Stack>
  );
}

const ApplicationPages = ({ appId }: { appId: string }) => (
  <Group title="App">
    <NavItem
      to="/applications/$appId/messages"
      params={{ appId }}
      label="Messages"
      leftSection={<Icon name="chat" />}
      activeProps={ACTIVE}
    />
    <NavItem
      to="/applications/$appId/developers"
      params={{ appId }}
      label="Developers"
      leftSection={<Icon name="key" />}
      activeProps={ACTIVE}
    />
    <NavItem
      to="/applications/$appId/sandbox"
      params={{ appId }}
      label="Sandbox"
      leftSection={<Icon name="flask" />}
      activeProps={ACTIVE}
    />
  </Group>
);

const ApplicationSettings = ({ appId }: { appId: string }) => (
  <>
    <NavItem
      to="/applications/$appId/webhooks"
      params={{ appId }}
      label="Webhooks"
      leftSection={<Icon name="webhook" />}
      activeProps={ACTIVE}
    />
    <NavItem
      to="/applications/$appId/number"
      params={{ appId }}
      label="Phone number"
      leftSection={<Icon name="phone" />}
      activeProps={ACTIVE}
    />
  </>
);

const Group = ({ title, children }: { title: string; children: ReactNode }) => (
  <Stack gap={2} role="group" aria-label={title}>
    <Text c="dimmed" size="xs" fw={600} px="sm" mb={4}>
      {title}
    </Text>
    {children}
  </Stack>
);
