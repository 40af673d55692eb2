import { PasswordInput, PinInput, Stack, Text, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { fieldError, textOf } from '../../api/field-errors';
import { useResetPassword, useSendResetCode } from '../../api/queries/account';
import { AnchorLink } from '../../components/links';
import { EntryForm } from './entry-form';

/** By a code that comes over WhatsApp to the phone of the account. */
export function ForgotPassword() {
  const [target, setTarget] = useState<string | null>(null);
  return target === null ? <AskForCode onSent={setTarget} /> : <NewPassword target={target} />;
}

const backToSignIn = (
  <AnchorLink to="/sign-in" search={{}} underline="always">
    Back to the sign-in
  </AnchorLink>
);

function AskForCode({ onSent }: { onSent: (target: string) => void }) {
  const send = useSendResetCode();
  return (
    <EntryForm
      title="Forgot the password?"
      description="We send a code over WhatsApp to the phone number of your account."
      submit="Send the code"
      isPending={send.isPending}
      error={send.error}
      onSubmit={(form) => {
        const target = textOf(form, 'target');
        send.mutate(target, {
          onSuccess: () => {
            onSent(target);
          },
        });
      }}
      footer={backToSignIn}
    >
      <TextInput
        name="target"
        type="tel"
        label="Phone number"
        description="With + and country code."
        placeholder="+905321234567"
        autoComplete="tel"
        error={fieldError(send.error, 'target')}
        required
      />
    </EntryForm>
  );
}

function NewPassword({ target }: { target: string }) {
  const reset = useResetPassword();
  const navigate = useNavigate();
  const [code, setCode] = useState('');
  return (
    <EntryForm
      title="Set a new password"
      description={`If ${target} belongs to an account, a code is on its way. It is valid for two minutes.`}
      submit="Set the password"
      isPending={reset.isPending}
      error={reset.error}
      onSubmit={(form) => {
        const newPassword = form.get('newPassword');
        reset.mutate(
          { target, code, newPassword: typeof newPassword === 'string' ? newPassword : '' },
          { onSuccess: () => void navigate({ to: '/sign-in', search: {} }) },
        );
      }}
      footer={backToSignIn}
    >
      <Stack gap={4} role="group" aria-label="Code">
        <Text size="sm" fw={500}>
          Code
        </Text>
        <PinInput
          length={6}
          type="number"
          oneTimeCode
          value={code}
          onChange={setCode}
          getInputProps={(index) => ({ 'aria-label': `Digit ${index + 1} of the code` })}
        />
      </Stack>
      <PasswordInput
        name="newPassword"
        label="New password"
        autoComplete="new-password"
        error={fieldError(reset.error, 'newPassword')}
        required
      />
    </EntryForm>
  );
}
