import { Button, Group, Select, Stack, Table, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { fieldError, textOf } from '../../api/field-errors';
import { membersQuery, useInvite } from '../../api/queries/members';
import type { Role } from '../../api/types';
import { Page, Section } from '../../components/page';
import { QueryView } from '../../components/query-view';
import { ErrorNotice } from '../../components/states';
import { DataTable } from '../../components/table';
import { ROLES, isRole } from '../../domain/roles';
import { MemberRow } from './member-row';

export function Members() {
  const members = useQuery(membersQuery);
  return (
    <Page title="Members" description="Who may do what in your organization.">
      <Section
        title="Invite"
        description="The invite comes by mail and is accepted with an account of that address."
      >
        <Invite />
      </Section>
      <Section title="Members">
        <QueryView query={members}>
          {(items) => (
            <DataTable label="Members" columns={['E-mail', 'Role', 'Actions']} minWidth={460}>
              {items.length === 0 ? (
                <Table.Tr>
                  <Table.Td colSpan={3}>Nobody yet.</Table.Td>
                </Table.Tr>
              ) : (
                items.map((member) => <MemberRow key={member.id} member={member} />)
              )}
            </DataTable>
          )}
        </QueryView>
      </Section>
    </Page>
  );
}

function Invite() {
  const invite = useInvite();
  const [role, setRole] = useState<Role>('developer');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const element = event.currentTarget;
        invite.mutate(
          { email: textOf(new FormData(element), 'email'), role },
          {
            onSuccess: () => {
              element.reset();
            },
          },
        );
      }}
    >
      <Stack gap="sm">
        {invite.isError && <ErrorNotice error={invite.error} />}
        <Group align="flex-end" gap="sm">
          <TextInput
            name="email"
            type="email"
            label="E-mail"
            error={fieldError(invite.error, 'email') !== undefined}
            w={260}
            required
          />
          <Select
            label="Role"
            data={ROLES}
            value={role}
            onChange={(next) => {
              if (isRole(next)) setRole(next);
            }}
            allowDeselect={false}
            w={220}
          />
          <Button type="submit" variant="default" loading={invite.isPending}>
            Invite
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
