import { SimpleGrid, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { balanceQuery, entriesQuery } from '../../api/queries/wallet';
import { Page, Section } from '../../components/page';
import { Pager } from '../../components/pager';
import { QueryView } from '../../components/query-view';
import { EmptyState } from '../../components/states';
import { DataTable } from '../../components/table';
import { When } from '../../components/when';
import { entryLabel } from '../../domain/ledger-entries';
import { formatUsd } from '../../domain/money';
import { TopUp } from './top-up';
import { BalanceFigure } from './balance-figure';

export function Wallet() {
  const balance = useQuery(balanceQuery);
  return (
    <Page
      title="Wallet"
      description="Prepaid, for the whole organization. Each message is charged once, when Meta takes it and when it arrives."
    >
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Section title="Balance">
          <QueryView query={balance}>{(data) => <BalanceFigure balance={data} />}</QueryView>
        </Section>
        <Section title="Top up">
          <TopUp />
        </Section>
      </SimpleGrid>
      <Entries />
    </Page>
  );
}

function Entries() {
  const [pageNumber, setPageNumber] = useState(1);
  const entries = useQuery(entriesQuery(pageNumber));
  return (
    <Section title="Entries" description="Every movement; their sum is the balance.">
      <QueryView query={entries} lines={5}>
        {({ items, paging }) =>
          items.length === 0 ? (
            <EmptyState icon="wallet" title="No movement yet">
              Top-ups and the fees of your messages appear here.
            </EmptyState>
          ) : (
            <>
              <DataTable label="Entries" columns={['What', 'When', 'Amount']} minWidth={320}>
                {items.map(({ id, kind, reason, createdAt, amountUsd }) => (
                  <Table.Tr key={id}>
                    <Table.Td>{entryLabel({ kind, reason })}</Table.Td>
                    <Table.Td>
                      <When at={createdAt} />
                    </Table.Td>
                    <Table.Td>
                      <Text size="sm" ff="monospace">
                        {formatUsd(amountUsd)}
                      </Text>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </DataTable>
              <Pager paging={paging} onPage={setPageNumber} />
            </>
          )
        }
      </QueryView>
    </Section>
  );
}
