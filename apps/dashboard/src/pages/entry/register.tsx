import { Group, PasswordInput, TextInput } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { fieldError, textOf } from '../../api/field-errors';
import { useRegister } from '../../api/queries/account';
import { AnchorLink } from '../../components/links';
import { EntryForm } from './entry-form';
import { useGoOn } from './next-page';

export function Register() {
  const { next } = useSearch({ from: '/entry/register' });
  const register = useRegister();
  const navigate = useNavigate();
  const goOn = useGoOn(next);
  const onSuccess = (): void => {
    // An invited person joins what he was invited to.
    if (next === undefined) void navigate({ to: '/welcome' });
    else goOn();
  };
  return (
    <EntryForm
      title="Create your account"
      description="From here to your first message it takes about two minutes."
      submit="Create account"
      isPending={register.isPending}
      error={register.error}
      onSubmit={(form) => {
        const password = form.get('password');
        register.mutate(
          {
            firstName: textOf(form, 'firstName'),
            lastName: textOf(form, 'lastName'),
            email: textOf(form, 'email'),
            password: typeof password === 'string' ? password : '',
          },
          { onSuccess },
        );
      }}
      footer={
        <>
          Have an account?{' '}
          <AnchorLink to="/sign-in" search={{ next }} underline="always">
            Sign in
          </AnchorLink>
        </>
      }
    >
      <Group grow align="flex-start">
        <TextInput
          name="firstName"
          label="First name"
          autoComplete="given-name"
          error={fieldError(register.error, 'firstName')}
          required
        />
        <TextInput
          name="lastName"
          label="Last name"
          autoComplete="family-name"
          error={fieldError(register.error, 'lastName')}
          required
        />
      </Group>
      <TextInput
        name="email"
        type="email"
        label="E-mail"
        autoComplete="username"
        error={fieldError(register.error, 'email')}
        required
      />
      <PasswordInput
        name="password"
        label="Password"
        description="A few words are easier to remember than signs."
        autoComplete="new-password"
        minLength={8}
        error={fieldError(register.error, 'password')}
        required
      />
    </EntryForm>
  );
}
