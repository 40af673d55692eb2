import {
  Alert,
  Button,
  Center,
  Group,
  List,
  Skeleton,
  Stack,
  Text,
  ThemeIcon,
} from '@mantine/core';
import type { ReactNode } from 'react';
import { shownError } from '../api/api-error';
import { Icon, type IconName } from './icons';

/** Stands where data will be. */
export const Loading = ({ lines = 3 }: { lines?: number }) => (
  <Stack gap="sm" role="status" aria-label="Loading">
    {Array.from({ length: lines }, (_, line) => (
      <Skeleton key={line} height={18} width={`${90 - ((line * 17) % 40)}%`} />
    ))}
  </Stack>
);

interface EmptyStateProps {
  readonly icon: IconName;
  readonly title: string;
  readonly children: ReactNode;
  readonly action?: ReactNode;
}

/** Says what will stand here, and how to get it. */
export const EmptyState = ({ icon, title, children, action }: EmptyStateProps) => (
  <Center py="xl">
    <Stack align="center" gap="xs" maw="26rem" ta="center">
      <ThemeIcon size={44} radius="xl" variant="light" mb={4}>
        <Icon name={icon} size={22} />
      </ThemeIcon>
      <Text fw={600}>{title}</Text>
      <Text c="dimmed" size="sm">
        {children}
      </Text>
      {action !== undefined && <Group mt="sm">{action}</Group>}
    </Stack>
  </Center>
);

interface ErrorNoticeProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
}

/** What went wrong by its code, and what the reader can do about it. */
export function ErrorNotice({ error, onRetry }: ErrorNoticeProps) {
  const { code, message, resolution, fields, params } = shownError(error);
  const reason = typeof params.reason === 'string' ? params.reason : null;
  return (
    <Alert
      role="alert"
      color="red"
      variant="outline"
      icon={<Icon name="alert" />}
      title={`${code}: ${message}`}
      styles={{ title: { color: 'var(--mantine-color-error)' } }}
    >
      <Stack gap="xs" align="flex-start">
        {reason !== null && <Text size="sm">{reason}</Text>}
        {fields.length > 0 && (
          <List size="sm">
            {fields.map(({ path, reason: why }) => (
              <List.Item key={`${path} ${why}`}>
                <b>{path}</b>: {why}
              </List.Item>
            ))}
          </List>
        )}
        {resolution !== null && <Text size="sm">{resolution}</Text>}
        {onRetry !== undefined && (
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
