import { Button, Menu, Text } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { Icon } from '../components/icons';
import { useCurrentApp } from './current-app';

/** Which application the menu below is about. */
export function AppSwitcher() {
  const { current, all } = useCurrentApp();
  const navigate = useNavigate();
  const open = (appId: string): void => {
    void navigate({ to: '/applications/$appId/messages', params: { appId } });
  };
  const create = (): void => {
    void navigate({ to: '/applications/new' });
  };
  return (
    <Menu width="target" position="bottom-start">
      <Menu.Target>
        <Button
          variant="default"
          fullWidth
          justify="flex-start"
          styles={{ label: { flex: 1 } }}
          rightSection={<Icon name="chevrons" size={16} />}
          leftSection={<Icon name="app" size={16} />}
          aria-label={`Application: ${current?.displayName ?? 'none'}`}
        >
          <Text span size="sm" truncate>
            {current?.displayName ?? 'No application'}
          </Text>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Applications</Menu.Label>
        {all.map(({ appId, displayName }) => (
          <Menu.Item
            key={appId}
            onClick={() => {
              open(appId);
            }}
            rightSection={appId === current?.appId ? <Icon name="check" size={16} /> : null}
          >
            {displayName}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="plus" size={16} />} onClick={create}>
          New application
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
