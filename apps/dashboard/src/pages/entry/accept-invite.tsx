import { TextInput } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { textOf } from '../../api/field-errors';
import { useAcceptInvite } from '../../api/queries/account';
import { EntryForm } from './entry-form';

export function AcceptInvite() {
  const { token } = useSearch({ from: '/entry/accept-invite' });
  const accept = useAcceptInvite();
  const navigate = useNavigate();
  return (
    <EntryForm
      title="Join your team"
      description="You were invited to an organization. Accept with the account that you are signed in with."
      submit="Accept the invite"
      isPending={accept.isPending}
      error={accept.error}
      onSubmit={(form) => {
        accept.mutate(textOf(form, 'inviteToken'), {
          onSuccess: () => void navigate({ to: '/' }),
        });
      }}
    >
      <TextInput name="inviteToken" label="Invite token" defaultValue={token} required />
    </EntryForm>
  );
}
