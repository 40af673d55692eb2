import { Button, Checkbox, Group, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { fieldError, textOf } from '../../api/field-errors';
import { useSaveWebhook } from '../../api/queries/webhook';
import type { SubscribedEvents, Webhook } from '../../api/types';
import { ErrorNotice } from '../../components/states';
import { disabledBecause } from '../../domain/delivery-states';
import { WEBHOOK_EVENTS } from '../../domain/webhook-events';
import { HeadersEditor } from './headers-editor';
import type { Secrets } from './new-secrets';

interface WebhookFormProps {
  readonly appId: string;
  readonly record: Webhook | null;
  readonly onSecrets: (secrets: Secrets) => void;
}

export function WebhookForm({ appId, record, onSecrets }: WebhookFormProps) {
  const save = useSaveWebhook(appId);
  const [headers, setHeaders] = useState(() => Object.entries(record?.headers ?? {}));
  const [isActive, setActive] = useState(record?.isActive ?? true);
  const submit = (form: FormData): void => {
    save.mutate(
      {
        url: textOf(form, 'url'),
        subscribedEvents: eventsOf(form),
        // Who may not see the headers must not overwrite them either.
        headers: record === null || record.headers ? Object.fromEntries(headers) : undefined,
        isActive: record === null ? undefined : isActive,
      },
      {
        onSuccess: ({ secret, signingSecret }) => {
          if (secret !== undefined || signingSecret !== undefined) {
            onSecrets({ secret, signingSecret });
          }
        },
      },
    );
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit(new FormData(event.currentTarget));
      }}
    >
      <Stack>
        {save.isError && <ErrorNotice error={save.error} />}
        {disabledBecause(record?.disabledReason ?? null) !== null && (
          <Text size="sm" c="var(--mantine-color-error)">
            Switched off by the gateway: {disabledBecause(record?.disabledReason ?? null)}.
          </Text>
        )}
        <TextInput
          name="url"
          label="URL"
          description="https; the address in your backend that takes a POST."
          placeholder="https://example.com/whatsapp"
          defaultValue={record?.url}
          error={fieldError(save.error, 'url')}
          required
        />
        <EventChoice record={record} />
        <HeadersEditor headers={headers} onChange={setHeaders} />
        <Group justify="space-between">
          {record === null ? (
            <Text size="xs" c="dimmed">
              Two secrets are made when you save, and shown once.
            </Text>
          ) : (
            <Switch
              label="Deliver to this endpoint"
              checked={isActive}
              onChange={(event) => {
                setActive(event.currentTarget.checked);
              }}
            />
          )}
          <Button type="submit" loading={save.isPending}>
            {record === null ? 'Set webhook' : 'Save'}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

const EventChoice = ({ record }: { record: Webhook | null }) => (
  <Checkbox.Group label="Events" defaultValue={chosenIn(record)}>
    <Stack gap="xs" mt={6}>
      {WEBHOOK_EVENTS.map(({ name, label, meaning }) => (
        <Checkbox
          key={name}
          name={`event-${name}`}
          value={name}
          label={label}
          description={meaning}
        />
      ))}
    </Stack>
  </Checkbox.Group>
);

const chosenIn = (record: Webhook | null): string[] =>
  WEBHOOK_EVENTS.map(({ name }) => name).filter(
    (name) => record === null || record.subscribedEvents[name],
  );

const eventsOf = (form: FormData): SubscribedEvents => ({
  messages: form.has('event-messages'),
  message_status: form.has('event-message_status'),
  read: form.has('event-read'),
  message_template_status: form.has('event-message_template_status'),
  account: form.has('event-account'),
});
