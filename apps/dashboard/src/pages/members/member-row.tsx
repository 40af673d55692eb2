import { Badge, Select, Table, Text } from '@mantine/core';
import { useChangeRole, useRemoveMember } from '../../api/queries/members';
import type { Member } from '../../api/types';
import { ConfirmButton } from '../../components/confirm-button';
import { ErrorNotice } from '../../components/states';
import { ROLES, isRole } from '../../domain/roles';

export function MemberRow({ member: { id, email, role, state } }: { member: Member }) {
  const change = useChangeRole(id);
  const remove = useRemoveMember(id);
  return (
    <>
      <Table.Tr>
        <Table.Td>
          <Text size="sm" fw={500} style={{ overflowWrap: 'anywhere' }}>
            {email}
          </Text>
          {state === 'INVITED' && (
            <Badge variant="default" size="xs" radius="sm" tt="none">
              invited
            </Badge>
          )}
        </Table.Td>
        <Table.Td>
          <Select
            aria-label={`Role of ${email}`}
            data={ROLES}
            value={change.isPending ? change.variables : role}
            onChange={(next) => {
              if (isRole(next) && next !== role) change.mutate(next);
            }}
            allowDeselect={false}
            w={220}
          />
        </Table.Td>
        <Table.Td>
          <ConfirmButton
            label="Remove"
            title={`Remove ${email}?`}
            action={remove}
            button={{ 'aria-label': `Remove ${email}` }}
          >
            The sessions of this person end within seconds.
          </ConfirmButton>
        </Table.Td>
      </Table.Tr>
      {change.isError && (
        <Table.Tr>
          <Table.Td colSpan={3}>
            <ErrorNotice error={change.error} />
          </Table.Td>
        </Table.Tr>
      )}
    </>
  );
}
