import { Stack, Text, Timeline as MantineTimeline } from '@mantine/core';
import type { MessageDetail } from '../api/types';
import { stateMeaning } from '../domain/message-states';
import { Clock } from './when';

/** What has happened to a message, each step with its time; the reason why it ended badly in plain words. */
export function MessageTimeline({ message: { timeline, error } }: { message: MessageDetail }) {
  return (
    <MantineTimeline
      active={timeline.length - 1}
      bulletSize={14}
      lineWidth={2}
      aria-label="Timeline"
      role="list"
    >
      {timeline.map(({ state, at, reason }) => {
        const { label, meaning, tone } = stateMeaning(state);
        return (
          <MantineTimeline.Item
            key={`${state} ${at}`}
            role="listitem"
            color={`var(--app-${tone})`}
            title={
              <Text span size="sm" fw={600}>
                {label}{' '}
                <Text span size="xs" c="dimmed" fw={400}>
                  <Clock at={at} />
                </Text>
              </Text>
            }
          >
            <Stack gap={2}>
              <Text size="sm" c="dimmed">
                {meaning}
              </Text>
              {reason != null && <Text size="sm">{reason}</Text>}
              {reason == null && tone === 'bad' && error != null && (
                <Text size="sm">
                  {error.code}: {error.description}
                </Text>
              )}
            </Stack>
          </MantineTimeline.Item>
        );
      })}
    </MantineTimeline>
  );
}
