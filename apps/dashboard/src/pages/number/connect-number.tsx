import { Button, Group, PasswordInput, Stack, TextInput } from '@mantine/core';
import { fieldError, textOf } from '../../api/field-errors';
import { useConnectChannel } from '../../api/queries/applications';
import { Section } from '../../components/page';
import { ErrorNotice } from '../../components/states';

interface ConnectNumberProps {
  readonly appId: string;
  readonly isFirst: boolean;
}

export function ConnectNumber({ appId, isFirst }: ConnectNumberProps) {
  const connect = useConnectChannel(appId);
  return (
    <Section
      title={isFirst ? 'Connect a number' : 'Connect again'}
      description="The ids and a permanent token of a system user stand in Meta's Business Manager. The token is stored encrypted and never shown."
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          connect.mutate({
            phoneNumberId: textOf(form, 'phoneNumberId'),
            wabaId: textOf(form, 'wabaId'),
            accessToken: textOf(form, 'accessToken'),
          });
        }}
      >
        <Stack maw={460}>
          {connect.isError && <ErrorNotice error={connect.error} />}
          <TextInput
            name="phoneNumberId"
            label="Phone number id"
            inputMode="numeric"
            pattern="\d{5,20}"
            title="5 to 20 digits"
            error={fieldError(connect.error, 'phoneNumberId')}
            required
          />
          <TextInput
            name="wabaId"
            label="WhatsApp Business Account id"
            inputMode="numeric"
            pattern="\d{5,20}"
            title="5 to 20 digits"
            error={fieldError(connect.error, 'wabaId')}
            required
          />
          <PasswordInput
            name="accessToken"
            label="Access token"
            autoComplete="off"
            error={fieldError(connect.error, 'accessToken')}
            required
          />
          <Group>
            <Button type="submit" loading={connect.isPending}>
              Connect
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
