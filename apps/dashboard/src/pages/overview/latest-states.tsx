import { Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { latestMessagesQuery } from '../../api/queries/messages';
import { MessageStatus } from '../../components/status';
import { QueryView } from '../../components/query-view';
import { countStates } from '../../domain/message-states';

/** How the latest hundred messages stand. */
export function LatestStates({ appId }: { appId: string }) {
  const messages = useQuery(latestMessagesQuery(appId));
  return (
    <QueryView query={messages} lines={2}>
      {(items) =>
        items.length === 0 ? (
          <Text size="sm" c="dimmed">
            No message yet.
          </Text>
        ) : (
          <Stack gap={6}>
            {countStates(items).map(({ state, count }) => (
              <Group key={state} justify="space-between">
                <MessageStatus state={state} />
                <Text size="sm" fw={600}>
                  {count}
                </Text>
              </Group>
            ))}
          </Stack>
        )
      }
    </QueryView>
  );
}
