import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { webhookQuery } from '../../api/queries/webhook';
import { Page, Section } from '../../components/page';
import { QueryView } from '../../components/query-view';
import { useAppId } from '../app-id';
import { Deliveries } from './deliveries';
import { NewSecrets, type Secrets } from './new-secrets';
import { WebhookActions } from './webhook-actions';
import { WebhookForm } from './webhook-form';

export function Webhooks() {
  const appId = useAppId();
  const webhook = useQuery(webhookQuery(appId));
  const [secrets, setSecrets] = useState<Secrets | null>(null);
  return (
    <Page
      title="Webhooks"
      description="What Meta reports about this application is sent to your backend, signed, and repeated until it answers with 2xx."
    >
      {secrets !== null && <NewSecrets secrets={secrets} />}
      <Section title="Endpoint">
        <QueryView query={webhook} lines={5}>
          {(record) => (
            <WebhookForm
              key={record?.updatedAt ?? 'new'}
              appId={appId}
              record={record}
              onSecrets={setSecrets}
            />
          )}
        </QueryView>
      </Section>
      {webhook.data != null && (
        <>
          <WebhookActions appId={appId} record={webhook.data} onSecrets={setSecrets} />
          <Deliveries appId={appId} />
        </>
      )}
    </Page>
  );
}
