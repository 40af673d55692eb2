import { Select, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { fieldError, textOf } from '../../api/field-errors';
import { useCreateOrganization } from '../../api/queries/account';
import { EntryForm } from './entry-form';

const BUSINESS_ROLES = ['Developer', 'Founder', 'Product', 'Operations', 'Other'];
const ACCOUNT_TYPES = ['Company', 'Agency', 'Individual'];

/** The organization owns applications, members and the wallet; without one there is nothing to show. */
export function Welcome() {
  const create = useCreateOrganization();
  const navigate = useNavigate();
  return (
    <EntryForm
      title="Name your organization"
      description="It owns your applications, their messages and the wallet. You can invite others later."
      submit="Continue"
      isPending={create.isPending}
      error={create.error}
      onSubmit={(form) => {
        create.mutate(
          {
            organizationName: textOf(form, 'organizationName'),
            organizationWebsite: textOf(form, 'organizationWebsite') || null,
            businessRole: textOf(form, 'businessRole'),
            accountType: textOf(form, 'accountType'),
          },
          { onSuccess: () => void navigate({ to: '/' }) },
        );
      }}
    >
      <TextInput
        name="organizationName"
        label="Organization"
        autoComplete="organization"
        maxLength={200}
        error={fieldError(create.error, 'organizationName')}
        required
      />
      <TextInput
        name="organizationWebsite"
        type="url"
        label="Website"
        placeholder="https://"
        autoComplete="url"
        error={fieldError(create.error, 'organizationWebsite')}
      />
      <Select
        name="businessRole"
        label="Your role"
        data={BUSINESS_ROLES}
        defaultValue="Developer"
        allowDeselect={false}
      />
      <Select
        name="accountType"
        label="Kind of account"
        data={ACCOUNT_TYPES}
        defaultValue="Company"
        allowDeselect={false}
      />
    </EntryForm>
  );
}
