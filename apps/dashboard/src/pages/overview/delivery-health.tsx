import { Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { deliveriesQuery, webhookQuery } from '../../api/queries/webhook';
import { AnchorLink } from '../../components/links';
import { QueryView } from '../../components/query-view';
import { Status } from '../../components/status';
import { deliveryHealth } from '../../domain/delivery-states';

/** Whether the customer's backend takes what it is sent. */
export function DeliveryHealth({ appId }: { appId: string }) {
  const webhook = useQuery(webhookQuery(appId));
  return (
    <QueryView query={webhook} lines={2}>
      {(record) =>
        record === null ? (
          <Stack gap={4} align="flex-start">
            <Text size="sm" c="dimmed">
              No webhook yet: your backend is not told about deliveries and answers.
            </Text>
            <AnchorLink to="/applications/$appId/webhooks" params={{ appId }} size="sm">
              Set a webhook
            </AnchorLink>
          </Stack>
        ) : (
          <Health appId={appId} isActive={record.isActive} />
        )
      }
    </QueryView>
  );
}

function Health({ appId, isActive }: { appId: string; isActive: boolean }) {
  const deliveries = useQuery(deliveriesQuery(appId, 1));
  return (
    <QueryView query={deliveries} lines={2}>
      {({ items }) => {
        const { label, tone } = deliveryHealth(items, isActive);
        const failing = items.filter(({ state }) => state !== 'delivered').length;
        return (
          <Stack gap={6}>
            <Status tone={tone}>{label}</Status>
            {items.length > 0 && (
              <Text size="sm" c="dimmed">
                {items.length - failing} of the latest {items.length} arrived.
              </Text>
            )}
          </Stack>
        );
      }}
    </QueryView>
  );
}
