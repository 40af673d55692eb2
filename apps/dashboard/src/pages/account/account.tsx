import { Alert, Button, Group, PasswordInput, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { fieldError } from '../../api/field-errors';
import { meQuery, organizationsQuery, useChangePassword } from '../../api/queries/account';
import { Facts } from '../../components/facts';
import { Icon } from '../../components/icons';
import { Page, Section } from '../../components/page';
import { QueryView } from '../../components/query-view';
import { ErrorNotice } from '../../components/states';

export function Account() {
  const me = useQuery(meQuery);
  const { data: organizations = [] } = useQuery(organizationsQuery);
  return (
    <Page title="Account">
      <Section title="You">
        <QueryView query={me}>
          {({ firstName, lastName, email, phoneNumber }) => (
            <Facts
              facts={[
                ['Name', `${firstName} ${lastName}`],
                ['E-mail', email],
                ['Phone number', phoneNumber ?? 'none'],
                ['Organization', organizations.map(({ name }) => name).join(', ')],
              ]}
            />
          )}
        </QueryView>
      </Section>
      <Section title="Change the password" description="All your other sessions end.">
        <ChangePassword />
      </Section>
    </Page>
  );
}

const secretIn = (form: FormData, name: string): string => {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
};

function ChangePassword() {
  const change = useChangePassword();
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const element = event.currentTarget;
        const form = new FormData(element);
        change.mutate(
          {
            currentPassword: secretIn(form, 'currentPassword'),
            newPassword: secretIn(form, 'newPassword'),
            confirmPassword: secretIn(form, 'confirmPassword'),
          },
          {
            onSuccess: () => {
              element.reset();
            },
          },
        );
      }}
    >
      <Stack maw={420}>
        {change.isError && <ErrorNotice error={change.error} />}
        {change.isSuccess && (
          <Alert role="status" variant="outline" icon={<Icon name="check" />}>
            The password is changed.
          </Alert>
        )}
        <PasswordInput
          name="currentPassword"
          label="Current password"
          autoComplete="current-password"
          required
        />
        <PasswordInput
          name="newPassword"
          label="New password"
          autoComplete="new-password"
          error={fieldError(change.error, 'newPassword')}
          required
        />
        <PasswordInput
          name="confirmPassword"
          label="New password again"
          autoComplete="new-password"
          error={fieldError(change.error, 'confirmPassword')}
          required
        />
        <Group>
          <Button type="submit" loading={change.isPending}>
            Change password
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
