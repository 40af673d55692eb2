import { Button, Card, Stack, Text, Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';
import { ErrorNotice } from '../../components/states';

interface EntryFormProps {
  readonly title: string;
  readonly description: string;
  readonly submit: string;
  readonly isPending: boolean;
  readonly error: unknown;
  readonly onSubmit: (form: FormData) => void;
  readonly children: ReactNode;
  readonly footer?: ReactNode;
}

/** One question before the dashboard: a card with a form. */
export function EntryForm(props: EntryFormProps) {
  const { title, description, submit, isPending, error, onSubmit, children, footer } = props;
  useEffect(() => {
    document.title = `${title} · WhatsApp gateway`;
  }, [title]);
  return (
    <Card withBorder radius="lg" padding="xl" shadow="xs">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit(new FormData(event.currentTarget));
        }}
      >
        <Stack>
          <div>
            <Title order={1}>{title}</Title>
            <Text c="dimmed" size="sm" mt={4}>
              {description}
            </Text>
          </div>
          {error != null && <ErrorNotice error={error} />}
          {children}
          <Button type="submit" loading={isPending} fullWidth>
            {submit}
          </Button>
          {footer !== undefined && (
            <Text size="sm" ta="center" component="div">
              {footer}
            </Text>
          )}
        </Stack>
      </form>
    </Card>
  );
}
