import { Table, TableScrollContainer } from '@mantine/core';
import type { ReactNode } from 'react';

interface DataTableProps {
  readonly label: string;
  readonly columns: readonly string[];
  readonly minWidth?: number;
  readonly children: ReactNode;
}

/** A table that scrolls in itself on a narrow screen. */
export const DataTable = ({ label, columns, minWidth = 620, children }: DataTableProps) => (
  <TableScrollContainer minWidth={minWidth} type="native" tabIndex={0} role="group">
    <Table verticalSpacing="sm" horizontalSpacing="sm" highlightOnHover aria-label={label}>
      <Table.Thead>
        <Table.Tr>
          {columns.map((column) => (
            <Table.Th key={column} c="dimmed" fz="xs" fw={600}>
              {column}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>{children}</Table.Tbody>
    </Table>
  </TableScrollContainer>
);
