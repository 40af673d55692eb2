import { ActionIcon, Button, Group, Input, Stack, TextInput } from '@mantine/core';
import { Icon } from '../../components/icons';

export type Header = [name: string, value: string];

interface HeadersEditorProps {
  readonly headers: Header[];
  readonly onChange: (headers: Header[]) => void;
}

/** Headers that the customer's receiver wants on every request. */
export function HeadersEditor({ headers, onChange }: HeadersEditorProps) {
  const change = (index: number, header: Header): void => {
    onChange(headers.map((each, at) => (at === index ? header : each)));
  };
  return (
    <Stack gap="xs" role="group" aria-label="Headers">
      <Input.Wrapper
        label="Headers"
        labelElement="div"
        description="Sent with every request; an Authorization header among them replaces the Bearer secret."
      />
      {headers.map(([name, value], index) => (
        <Group key={index} gap="xs" wrap="nowrap">
          <TextInput
            aria-label={`Name of header ${index + 1}`}
            placeholder="X-Tenant"
            value={name}
            flex={1}
            required
            onChange={(event) => {
              change(index, [event.currentTarget.value, value]);
            }}
          />
          <TextInput
            aria-label={`Value of header ${index + 1}`}
            placeholder="value"
            value={value}
            flex={2}
            required
            onChange={(event) => {
              change(index, [name, event.currentTarget.value]);
            }}
          />
          <ActionIcon
            variant="default"
            size="lg"
            aria-label={`Remove header ${index + 1}`}
            onClick={() => {
              onChange(headers.filter((_, at) => at !== index));
            }}
          >
            <Icon name="trash" size={16} />
          </ActionIcon>
        </Group>
      ))}
      <Group>
        <Button
          size="xs"
          variant="default"
          leftSection={<Icon name="plus" size={14} />}
          onClick={() => {
            onChange([...headers, ['', '']]);
          }}
        >
          Add header
        </Button>
      </Group>
    </Stack>
  );
}
