import { Group, PasswordInput, TextInput } from '@mantine/core';
import { useSearch } from '@tanstack/react-router';
import { fieldError, textOf } from '../../api/field-errors';
import { useSignIn } from '../../api/queries/account';
import { AnchorLink } from '../../components/links';
import { EntryForm } from './entry-form';
import { useGoOn } from './next-page';

export function SignIn() {
  const { next } = useSearch({ from: '/entry/sign-in' });
  const signIn = useSignIn();
  const goOn = useGoOn(next);
  return (
    <EntryForm
      title="Sign in"
      description="Your keys, messages, webhooks and wallet."
      submit="Sign in"
      isPending={signIn.isPending}
      error={signIn.error}
      onSubmit={(form) => {
        signIn.mutate(
          { email: textOf(form, 'email'), password: passwordOf(form) },
          { onSuccess: goOn },
        );
      }}
      footer={
        <>
          New here?{' '}
          <AnchorLink to="/register" search={{ next }} underline="always">
            Create an account
          </AnchorLink>
        </>
      }
    >
      <TextInput
        name="email"
        type="email"
        label="E-mail"
        autoComplete="username"
        error={fieldError(signIn.error, 'email')}
        required
      />
      <PasswordInput name="password" label="Password" autoComplete="current-password" required />
      <Group justify="flex-end" mt={-8}>
        <AnchorLink to="/forgot-password" size="sm">
          Forgot the password?
        </AnchorLink>
      </Group>
    </EntryForm>
  );
}

/** A password may begin or end with a space. */
function passwordOf(form: FormData): string {
  const value = form.get('password');
  return typeof value === 'string' ? value : '';
}
