import { Button, Group, Select, TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { messagesQuery } from '../../api/queries/messages';
import type { Message } from '../../api/types';
import { textOf } from '../../api/field-errors';
import { ButtonLink } from '../../components/links';
import { Page, Section } from '../../components/page';
import { EmptyState, ErrorNotice, Loading } from '../../components/states';
import { MESSAGE_STATES } from '../../domain/message-states';
import { useAppId } from '../app-id';
import { MessageDrawer } from './message-drawer';
import { MessagesTable } from './messages-table';

/** The address bar can hold anything; what is no state filters nothing. */
const knownState = (state: string | undefined): Message['state'] | undefined =>
  state !== undefined && state in MESSAGE_STATES ? (state as Message['state']) : undefined;

/** The messages of an application as they happen. */
export function Messages() {
  const appId = useAppId();
  const { state, recipient, message } = useSearch({ from: '/shell/applications/$appId/messages' });
  const messages = useInfiniteQuery(messagesQuery(appId, { state: knownState(state), recipient }));
  const items = messages.data?.pages.flatMap((page) => page.items);
  return (
    <Page title="Messages" description="Newest first, and live: states move as Meta reports them.">
      <Section title="Messages" actions={<Filters state={state} recipient={recipient} />}>
        {items === undefined && messages.isError && (
          <ErrorNotice error={messages.error} onRetry={() => void messages.refetch()} />
        )}
        {items === undefined && messages.isPending && <Loading lines={6} />}
        {items !== undefined && (
          <List items={items} appId={appId} isFiltered={Boolean(state ?? recipient)} />
        )}
        {messages.hasNextPage && (
          <Group justify="center" mt="md">
            <Button
              variant="default"
              loading={messages.isFetchingNextPage}
              onClick={() => void messages.fetchNextPage()}
            >
              Show older messages
            </Button>
          </Group>
        )}
      </Section>
      <MessageDrawer appId={appId} id={message} />
    </Page>
  );
}

interface ListProps {
  readonly items: readonly Message[];
  readonly appId: string;
  readonly isFiltered: boolean;
}

function List({ items, appId, isFiltered }: ListProps) {
  if (items.length > 0) return <MessagesTable messages={items} />;
  if (isFiltered) {
    return (
      <EmptyState icon="inbox" title="No message fits">
        Change the state or the recipient to see more.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon="chat"
      title="No message yet"
      action={
        <ButtonLink to="/applications/$appId/developers" params={{ appId }}>
          Send the first one
        </ButtonLink>
      }
    >
      Send with an API key, or try the sandbox; messages appear here within seconds.
    </EmptyState>
  );
}

const STATES = Object.entries(MESSAGE_STATES).map(([value, { label }]) => ({ value, label }));

function Filters({ state, recipient }: { state?: string; recipient?: string }) {
  const navigate = useNavigate({ from: '/applications/$appId/messages' });
  return (
    <form
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        const next = textOf(new FormData(event.currentTarget), 'recipient').replace(/^\+/, '');
        void navigate({ search: (before) => ({ ...before, recipient: next || undefined }) });
      }}
    >
      <Group gap="xs">
        <TextInput
          name="recipient"
          aria-label="Recipient"
          placeholder="Recipient, then Enter"
          defaultValue={recipient}
          inputMode="tel"
          w={190}
        />
        <Select
          aria-label="State"
          placeholder="All states"
          data={STATES}
          value={state ?? null}
          onChange={(next) =>
            void navigate({ search: (before) => ({ ...before, state: next ?? undefined }) })
          }
          clearable
          clearButtonProps={{ 'aria-label': 'All states' }}
          w={150}
        />
      </Group>
    </form>
  );
}
