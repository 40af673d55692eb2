import {
  Button,
  Group,
  NumberInput,
  SegmentedControl,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { useState } from 'react';
import { fieldError, numberOf, textOf } from '../../api/field-errors';
import { useCreateKey } from '../../api/queries/applications';
import type { NewApiKey } from '../../api/types';
import { CodeLines, SecretOnce } from '../../components/copy';
import { ErrorNotice } from '../../components/states';
import { sendCurl } from '../../domain/curl';

/** A form, and then the key, this once. */
export function NewKey({ appId, onDone }: { appId: string; onDone: () => void }) {
  const create = useCreateKey(appId);
  if (create.data !== undefined) {
    return <CreatedKey secret={create.data.key} onDone={onDone} />;
  }
  return (
    <KeyForm
      error={create.error}
      isPending={create.isPending}
      onSubmit={(key) => {
        create.mutate(key);
      }}
    />
  );
}

const CreatedKey = ({ secret, onDone }: { secret: string; onDone: () => void }) => (
  <Stack>
    <SecretOnce name="API key" secret={secret} />
    <Text size="sm">Try it with a fake message, which costs nothing and reaches nobody:</Text>
    <CodeLines
      label="Request with the new key"
      text={sendCurl({ origin: location.origin, key: secret, to: '905321234567', isFake: true })}
    />
    <Group justify="flex-end">
      <Button onClick={onDone}>I have stored the key</Button>
    </Group>
  </Stack>
);

interface KeyFormProps {
  readonly error: unknown;
  readonly isPending: boolean;
  readonly onSubmit: (key: NewApiKey) => void;
}

const ENVIRONMENTS = [
  { value: 'production', label: 'Production' },
  { value: 'staging', label: 'Staging' },
];

function KeyForm({ error, isPending, onSubmit }: KeyFormProps) {
  const [environment, setEnvironment] = useState<string>('production');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(keyOf(new FormData(event.currentTarget), environment));
      }}
    >
      <Stack>
        {error != null && <ErrorNotice error={error} />}
        <TextInput
          name="name"
          label="Name"
          description="Where the key is used."
          placeholder="Shop backend"
          maxLength={100}
          error={fieldError(error, 'name')}
          data-autofocus
          required
        />
        <div>
          <SegmentedControl
            aria-label="Environment"
            data={ENVIRONMENTS}
            value={environment}
            onChange={setEnvironment}
          />
          <Text size="xs" c="dimmed" mt={4}>
            {environment === 'staging'
              ? 'Sends fakes, and real messages only to the test numbers of the sandbox.'
              : 'Sends to everybody.'}
          </Text>
        </div>
        <LimitFields error={error} />
        <Group justify="flex-end">
          <Button type="submit" loading={isPending}>
            Create key
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

const LimitFields = ({ error }: { error: unknown }) => (
  <Group grow align="flex-start">
    <NumberInput
      name="dailyLimit"
      label="Messages a day"
      placeholder="no limit"
      min={1}
      allowDecimal={false}
      hideControls
      error={fieldError(error, 'dailyLimit')}
    />
    <NumberInput
      name="concurrencyLimit"
      label="Requests at once"
      placeholder="no limit"
      min={1}
      max={1_000_000}
      allowDecimal={false}
      hideControls
      error={fieldError(error, 'concurrencyLimit')}
    />
    <TextInput
      name="expiresOn"
      type="date"
      label="Expires after"
      error={fieldError(error, 'expiresAt')}
    />
  </Group>
);

function keyOf(form: FormData, environment: string): NewApiKey {
  const expiresOn = textOf(form, 'expiresOn');
  return {
    name: textOf(form, 'name'),
    environment: environment === 'staging' ? 'staging' : 'production',
    dailyLimit: numberOf(form, 'dailyLimit'),
    concurrencyLimit: numberOf(form, 'concurrencyLimit'),
    // The whole of that day, where the reader is.
    expiresAt: expiresOn === '' ? undefined : new Date(`${expiresOn}T23:59:59`).toISOString(),
  };
}
