import { Button, Menu, Text, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { meQuery, organizationsQuery, useSignOut } from '../api/queries/account';
import { Icon } from '../components/icons';

/** Who is signed in, how the pages look, documentation, and the way out. */
export function AccountMenu() {
  const { data: me } = useQuery(meQuery);
  const { data: organizations } = useQuery(organizationsQuery);
  const navigate = useNavigate();
  const signOut = useSignOut();
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <Button variant="subtle" color="gray" c="inherit" aria-label="Account" px="xs">
          <Icon name="user" size={20} />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" truncate>
            {me === undefined ? '' : `${me.firstName} ${me.lastName}`}
          </Text>
          <Text size="xs" truncate>
            {organizations?.[0]?.name}
          </Text>
        </Menu.Label>
        <Menu.Item
          leftSection={<Icon name="user" size={16} />}
          onClick={() => void navigate({ to: '/account' })}
        >
          Account
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="book" size={16} />} component="a" href="/docs">
          API reference
        </Menu.Item>
        <SchemeItem />
        <Menu.Divider />
        <Menu.Item
          leftSection={<Icon name="exit" size={16} />}
          onClick={() => {
            signOut.mutate();
          }}
        >
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function SchemeItem() {
  const scheme = useComputedColorScheme('light');
  const { setColorScheme } = useMantineColorScheme();
  const other = scheme === 'dark' ? 'light' : 'dark';
  return (
    <Menu.Item
      leftSection={<Icon name={scheme === 'dark' ? 'sun' : 'moon'} size={16} />}
      onClick={() => {
        setColorScheme(other);
      }}
    >
      {other === 'dark' ? 'Dark colours' : 'Light colours'}
    </Menu.Item>
  );
}
