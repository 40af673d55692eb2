import { Badge, Table } from '@mantine/core';
import type { Message } from '../../api/types';
import { AnchorLink } from '../../components/links';
import { MessageStatus } from '../../components/status';
import { DataTable } from '../../components/table';
import { When } from '../../components/when';

const COLUMNS = ['Recipient', 'Type', 'State', 'Sent'];

export const MessagesTable = ({ messages }: { messages: readonly Message[] }) => (
  <DataTable label="Messages" columns={COLUMNS} minWidth={420}>
    {messages.map(({ id, to, type, state, isFake, createdAt }) => (
      <Table.Tr key={id}>
        <Table.Td>
          <AnchorLink
            from="/applications/$appId/messages"
            to="."
            search={(before) => ({ ...before, message: id })}
            size="sm"
            fw={500}
          >
            {to}
          </AnchorLink>
        </Table.Td>
        <Table.Td>
          {type}
          {isFake && (
            <Badge variant="default" size="xs" radius="sm" ml={8} tt="none">
              fake
            </Badge>
          )}
        </Table.Td>
        <Table.Td>
          <MessageStatus state={state} />
        </Table.Td>
        <Table.Td>
          <When at={createdAt} />
        </Table.Td>
      </Table.Tr>
    ))}
  </DataTable>
);
