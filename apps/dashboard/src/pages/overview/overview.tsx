import { SimpleGrid } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { applicationsQuery } from '../../api/queries/applications';
import { balanceQuery } from '../../api/queries/wallet';
import { ButtonLink } from '../../components/links';
import { Page, Section } from '../../components/page';
import { QueryView } from '../../components/query-view';
import { useCurrentApp } from '../../layout/current-app';
import { NewApplicationForm } from '../applications/new-application-form';
import { BalanceFigure } from '../wallet/balance-figure';
import { DeliveryHealth } from './delivery-health';
import { FirstSteps } from './first-steps';
import { Insights } from './insights';
import { LatestStates } from './latest-states';

export function Overview() {
  const applications = useQuery(applicationsQuery);
  const { current } = useCurrentApp();
  return (
    <QueryView query={applications} lines={6}>
      {() =>
        current === undefined ? (
          <FirstApplication />
        ) : (
          <Figures appId={current.appId} name={current.displayName} />
        )
      }
    </QueryView>
  );
}

const FirstApplication = () => (
  <Page
    title="Create your first application"
    description="It holds your keys, your phone number and your messages. You can send fakes with it at once, before a number is connected."
  >
    <Section title="Application">
      <NewApplicationForm onCreated={() => undefined} />
    </Section>
  </Page>
);

function Figures({ appId, name }: { appId: string; name: string }) {
  const balance = useQuery(balanceQuery);
  return (
    <Page title="Overview" description={`How ${name} is doing.`}>
      <FirstSteps key={appId} appId={appId} />
      <SimpleGrid cols={{ base: 1, md: 3 }}>
        <Section
          title="Balance"
          actions={
            <ButtonLink to="/wallet" size="xs" variant="default">
              Top up
            </ButtonLink>
          }
        >
          <QueryView query={balance} lines={2}>
            {(data) => <BalanceFigure balance={data} />}
          </QueryView>
        </Section>
        <Section title="Latest messages">
          <LatestStates appId={appId} />
        </Section>
        <Section title="Webhook deliveries">
          <DeliveryHealth appId={appId} />
        </Section>
      </SimpleGrid>
      <Insights key={`insights ${appId}`} appId={appId} />
    </Page>
  );
}
