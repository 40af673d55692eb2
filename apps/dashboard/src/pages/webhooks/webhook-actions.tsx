import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import {
  useRemoveWebhook,
  useRotateSigningSecret,
  useTestWebhook,
} from '../../api/queries/webhook';
import type { Webhook, WebhookTest } from '../../api/types';
import { ConfirmButton } from '../../components/confirm-button';
import { Icon } from '../../components/icons';
import { Section } from '../../components/page';
import { ErrorNotice } from '../../components/states';
import type { Secrets } from './new-secrets';

interface WebhookActionsProps {
  readonly appId: string;
  readonly record: Webhook;
  readonly onSecrets: (secrets: Secrets) => void;
}

const OVERLAP_HOURS = 24;

export function WebhookActions({ appId, record, onSecrets }: WebhookActionsProps) {
  const test = useTestWebhook(appId);
  const remove = useRemoveWebhook(appId);
  const rotate = useRotateSigningSecret(appId);
  const rotation = {
    ...rotate,
    mutateAsync: async () => {
      onSecrets(await rotate.mutateAsync(OVERLAP_HOURS));
    },
  };
  return (
    <Section
      title="Test and secrets"
      description="A test sends one event to the saved URL and shows what it answered."
    >
      <Stack>
        <Group gap="sm">
          <Button
            leftSection={<Icon name="send" size={16} />}
            loading={test.isPending}
            onClick={() => {
              test.mutate();
            }}
          >
            Send a test
          </Button>
          <ConfirmButton
            label="New signing secret"
            title="Make a new signing secret?"
            action={rotation}
            button={{ size: 'sm' }}
          >
            Requests carry signatures by the old and the new secret for {OVERLAP_HOURS} hours, so
            that your backend can change over.
          </ConfirmButton>
          <ConfirmButton
            label="Remove webhook"
            title="Remove the webhook?"
            action={remove}
            button={{ size: 'sm' }}
          >
            Nothing is sent to {record.url} any more. Its secrets are lost.
          </ConfirmButton>
        </Group>
        {test.isError && <ErrorNotice error={test.error} />}
        {test.data !== undefined && <TestAnswer result={test.data} />}
      </Stack>
    </Section>
  );
}

function TestAnswer({ result }: { result: WebhookTest }) {
  const { isDelivered: isTaken, code, statusCode, durationMs, response } = result;
  return (
    <Alert
      role="status"
      variant="outline"
      color={isTaken ? 'brand' : 'red'}
      icon={<Icon name={isTaken ? 'check' : 'alert'} />}
      title={
        statusCode === null
          ? 'Your endpoint gave no answer'
          : `Your endpoint answered ${statusCode} in ${durationMs} ms`
      }
    >
      <Stack gap="xs">
        {statusCode === null && <Text size="sm">{code}</Text>}
        {response?.encoding === 'utf8' && response.body !== '' && (
          <Code block bg="var(--app-code)">
            {response.body}
          </Code>
        )}
        <Text size="sm" c="dimmed">
          {isTaken ? 'Real events will be taken.' : 'Only 2xx within 5 seconds counts as taken.'}
        </Text>
      </Stack>
    </Alert>
  );
}
