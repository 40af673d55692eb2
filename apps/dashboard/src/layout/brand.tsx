import { Group, Text } from '@mantine/core';

export const Brand = () => (
  <Group gap={10} wrap="nowrap">
    <img src="/favicon.svg" alt="" width={28} height={28} />
    <Text fw={700} size="sm">
      WhatsApp gateway
    </Text>
  </Group>
);
