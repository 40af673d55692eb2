import { SimpleGrid } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { testNumbersQuery } from '../../api/queries/messages';
import { Page, Section } from '../../components/page';
import { QueryView } from '../../components/query-view';
import { EmptyState } from '../../components/states';
import { useAppId } from '../app-id';
import { SendTest } from './send-test';
import { SentTest } from './sent-test';
import { TestNumbers } from './test-numbers';

export function Sandbox() {
  const appId = useAppId();
  const numbers = useQuery(testNumbersQuery(appId));
  const [sentId, setSentId] = useState<string | null>(null);
  return (
    <Page
      title="Sandbox"
      description="Real messages to numbers of your own. Limits, wallet and Meta count as for every message; staging keys reach these numbers too."
    >
      <Section title="Test numbers" description="Up to five, in international form.">
        <QueryView query={numbers}>
          {(items) => <TestNumbers appId={appId} numbers={items} />}
        </QueryView>
      </Section>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Section title="Send a test message">
          <QueryView query={numbers}>
            {(items) =>
              items.length === 0 ? (
                <EmptyState icon="phone" title="A number first">
                  Add a test number above; messages go there.
                </EmptyState>
              ) : (
                <SendTest appId={appId} numbers={items} onSent={setSentId} />
              )
            }
          </QueryView>
        </Section>
        <Section title="What happens to it">
          {sentId === null ? (
            <EmptyState icon="send" title="Nothing sent yet">
              The timeline of your test message moves here as Meta reports on it.
            </EmptyState>
          ) : (
            <SentTest key={sentId} appId={appId} id={sentId} />
          )}
        </Section>
      </SimpleGrid>
    </Page>
  );
}
