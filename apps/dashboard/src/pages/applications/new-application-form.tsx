import { Button, Group, Stack, TextInput } from '@mantine/core';
import { fieldError, textOf } from '../../api/field-errors';
import { useCreateApplication } from '../../api/queries/applications';
import { ErrorNotice } from '../../components/states';

export function NewApplicationForm({ onCreated }: { onCreated: (appId: string) => void }) {
  const create = useCreateApplication();
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate(textOf(new FormData(event.currentTarget), 'applicationName'), {
          onSuccess: ({ appId }) => {
            onCreated(appId);
          },
        });
      }}
    >
      <Stack maw={420}>
        {create.isError && <ErrorNotice error={create.error} />}
        <TextInput
          name="applicationName"
          label="Name"
          description="What your team calls it; you can change it later."
          placeholder="Order notifications"
          maxLength={100}
          error={fieldError(create.error, 'applicationName')}
          required
        />
        <Group>
          <Button type="submit" loading={create.isPending}>
            Create application
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
