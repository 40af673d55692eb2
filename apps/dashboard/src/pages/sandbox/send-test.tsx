import { Button, Group, Select, Stack, Textarea } from '@mantine/core';
import { useState } from 'react';
import { fieldError, textOf } from '../../api/field-errors';
import { useSendTest } from '../../api/queries/messages';
import type { TestNumber } from '../../api/types';
import { Icon } from '../../components/icons';
import { ErrorNotice } from '../../components/states';

interface SendTestProps {
  readonly appId: string;
  readonly numbers: readonly TestNumber[];
  readonly onSent: (messageId: string) => void;
}

export function SendTest({ appId, numbers, onSent }: SendTestProps) {
  const send = useSendTest(appId);
  const [chosen, setChosen] = useState<string | null>(null);
  const to = numbers.find(({ id }) => id === chosen) ?? numbers[0];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const message = textOf(new FormData(event.currentTarget), 'message');
        send.mutate(
          { testNumberId: to?.id ?? '', message },
          {
            onSuccess: ({ messageId }) => {
              onSent(messageId);
            },
          },
        );
      }}
    >
      <Stack>
        {send.isError && <ErrorNotice error={send.error} />}
        <Select
          label="To"
          data={numbers.map(({ id, phoneNumber, title }) => ({
            value: id,
            label: title === null ? phoneNumber : `${title} (${phoneNumber})`,
          }))}
          value={to?.id ?? null}
          onChange={setChosen}
          allowDeselect={false}
        />
        <Textarea
          name="message"
          label="Text"
          defaultValue="Hello from the sandbox!"
          autosize
          minRows={3}
          maxRows={8}
          maxLength={4096}
          error={fieldError(send.error, 'message')}
          required
        />
        <Group>
          <Button
            type="submit"
            loading={send.isPending}
            leftSection={<Icon name="send" size={16} />}
          >
            Send message
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
