import { Button, Modal, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { keysQuery } from '../../api/queries/applications';
import { CodeLines } from '../../components/copy';
import { Icon } from '../../components/icons';
import { Page, Section } from '../../components/page';
import { Pager } from '../../components/pager';
import { QueryView } from '../../components/query-view';
import { EmptyState } from '../../components/states';
import { keyPlaceholder, sendCurl } from '../../domain/curl';
import { useAppId } from '../app-id';
import { KeysTable } from './keys-table';
import { NewKey } from './new-key';

/** API keys of an application. */
export function Developers() {
  const appId = useAppId();
  const [pageNumber, setPageNumber] = useState(1);
  const [isOpen, { open, close }] = useDisclosure(false);
  const keys = useQuery(keysQuery(appId, pageNumber));
  const create = (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={open}>
      Create key
    </Button>
  );
  const latest = keys.data?.items.find(({ isActive }) => isActive);
  return (
    <Page
      title="Developers"
      description={
        <>
          Your backend sends with an API key. The application is called <b>{appId}</b> in the API.
        </>
      }
      actions={create}
    >
      <Section
        title="API keys"
        description="Shown in full once. A revoked key stops working within seconds."
      >
        <QueryView query={keys}>
          {({ items, paging }) =>
            items.length === 0 ? (
              <EmptyState icon="key" title="No key yet" action={create}>
                A key lets your backend send messages as this application.
              </EmptyState>
            ) : (
              <>
                <KeysTable appId={appId} keys={items} />
                <Pager paging={paging} onPage={setPageNumber} />
              </>
            )
          }
        </QueryView>
      </Section>
      <Section
        title="Send from your backend"
        description="A fake runs through key, limits and balance, and ends before Meta. Drop is_fake for a real message."
      >
        <CodeLines
          label="Request that sends a fake message"
          text={sendCurl({
            origin: location.origin,
            key: keyPlaceholder(latest),
            to: '905321234567',
            isFake: true,
          })}
        />
        {latest !== undefined && (
          <Text size="xs" c="dimmed" mt="xs">
            Put the full key in the place of {keyPlaceholder(latest)}.
          </Text>
        )}
      </Section>
      <Modal
        opened={isOpen}
        onClose={close}
        title="Create an API key"
        size="lg"
        closeOnClickOutside={false}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <NewKey appId={appId} onDone={close} />
      </Modal>
    </Page>
  );
}
