import { Group, Text } from '@mantine/core';
import { stateMeaning, type Tone } from '../domain/message-states';

/** A coloured dot with its meaning in words; colour alone says nothing to many. */
export const Status = ({ tone, children }: { tone: Tone; children: string }) => (
  <Group gap={8} wrap="nowrap" display="inline-flex">
    <span
      aria-hidden
      style={{
        width: 8,
        height: 8,
        borderRadius: 8,
        flexShrink: 0,
        background: `var(--app-${tone})`,
      }}
    />
    <Text span size="sm">
      {children}
    </Text>
  </Group>
);

export const MessageStatus = ({ state }: { state: string }) => {
  const { tone, label } = stateMeaning(state);
  return <Status tone={tone}>{label}</Status>;
};
