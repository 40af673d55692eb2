import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { deliveriesQuery } from '../../api/queries/webhook';
import { Section } from '../../components/page';
import { Pager } from '../../components/pager';
import { QueryView } from '../../components/query-view';
import { EmptyState } from '../../components/states';
import { DataTable } from '../../components/table';
import { DELIVERY_STATES, isDeliveryState } from '../../domain/delivery-states';
import { DeliveryRow } from './delivery-row';

const COLUMNS = ['Event', 'State', 'Latest answer', 'Created', 'Attempts', 'Actions'];

/** What was sent to the endpoint, and what is still to be sent; kept current. */
export function Deliveries({ appId }: { appId: string }) {
  const [pageNumber, setPageNumber] = useState(1);
  const [state, setState] = useState<string | null>(null);
  const deliveries = useQuery(
    deliveriesQuery(appId, pageNumber, isDeliveryState(state) ? state : undefined),
  );
  return (
    <Section
      title="Deliveries"
      description="Every event with its attempts. What was given up can be sent again."
      actions={
        <Select
          aria-label="State"
          placeholder="All states"
          data={DELIVERY_STATES}
          value={state}
          onChange={(next) => {
            setState(next);
            setPageNumber(1);
          }}
          clearable
          clearButtonProps={{ 'aria-label': 'All states' }}
          w={160}
        />
      }
    >
      <QueryView query={deliveries}>
        {({ items, paging }) =>
          items.length === 0 ? (
            <EmptyState icon="inbox" title="Nothing delivered yet">
              Send a message, or write to your number: its events appear here as they happen.
            </EmptyState>
          ) : (
            <>
              <DataTable label="Deliveries" columns={COLUMNS} minWidth={760}>
                {items.map((delivery) => (
                  <DeliveryRow key={delivery.id} appId={appId} delivery={delivery} />
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
