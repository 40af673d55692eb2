import { Button, Group, Stack, Table, TextInput } from '@mantine/core';
import { fieldError, textOf } from '../../api/field-errors';
import { useAddTestNumber, useRemoveTestNumber } from '../../api/queries/messages';
import type { TestNumber } from '../../api/types';
import { ConfirmButton } from '../../components/confirm-button';
import { ErrorNotice } from '../../components/states';
import { DataTable } from '../../components/table';

const NUMBERS_MAX = 5;

interface TestNumbersProps {
  readonly appId: string;
  readonly numbers: readonly TestNumber[];
}

export const TestNumbers = ({ appId, numbers }: TestNumbersProps) => (
  <Stack>
    {numbers.length > 0 && (
      <DataTable label="Test numbers" columns={['Number', 'Title', 'Actions']} minWidth={320}>
        {numbers.map((number) => (
          <NumberRow key={number.id} appId={appId} number={number} />
        ))}
      </DataTable>
    )}
    {numbers.length < NUMBERS_MAX && <AddNumber appId={appId} />}
  </Stack>
);

function NumberRow({ appId, number }: { appId: string; number: TestNumber }) {
  const remove = useRemoveTestNumber(appId, number.id);
  return (
    <Table.Tr>
      <Table.Td>{number.phoneNumber}</Table.Td>
      <Table.Td>{number.title ?? ''}</Table.Td>
      <Table.Td>
        <ConfirmButton
          label="Remove"
          title={`Remove ${number.phoneNumber}?`}
          action={remove}
          button={{ 'aria-label': `Remove ${number.phoneNumber}` }}
        >
          Staging keys can no longer send to it.
        </ConfirmButton>
      </Table.Td>
    </Table.Tr>
  );
}

function AddNumber({ appId }: { appId: string }) {
  const add = useAddTestNumber(appId);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const element = event.currentTarget;
        const form = new FormData(element);
        add.mutate(
          { phoneNumber: textOf(form, 'phoneNumber'), title: textOf(form, 'title') || undefined },
          {
            onSuccess: () => {
              element.reset();
            },
          },
        );
      }}
    >
      <Stack gap="sm">
        {add.isError && <ErrorNotice error={add.error} />}
        <Group align="flex-end" gap="sm">
          <TextInput
            name="phoneNumber"
            type="tel"
            label="Phone number"
            placeholder="+905321234567"
            error={fieldError(add.error, 'phoneNumber') !== undefined}
            required
          />
          <TextInput name="title" label="Title" placeholder="Ada's phone" maxLength={50} />
          <Button type="submit" variant="default" loading={add.isPending}>
            Add number
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
