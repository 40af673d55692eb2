import { Button, Group, Stack, Table, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useResend } from '../../api/queries/webhook';
import type { Delivery, DeliveryAttempt } from '../../api/types';
import { Status } from '../../components/status';
import { ErrorNotice } from '../../components/states';
import { Clock, When } from '../../components/when';
import { deliveryState } from '../../domain/delivery-states';
import { eventLabel } from '../../domain/webhook-events';

interface DeliveryRowProps {
  readonly appId: string;
  readonly delivery: Delivery;
}

export function DeliveryRow({ appId, delivery }: DeliveryRowProps) {
  const [isOpen, { toggle }] = useDisclosure(false);
  const resend = useResend(appId, delivery.id);
  const { tone, label } = deliveryState(delivery.state);
  const latest = delivery.attempts.at(-1);
  return (
    <>
      <Table.Tr>
        <Table.Td>{eventLabel(delivery.event)}</Table.Td>
        <Table.Td>
          <Status tone={tone}>{label}</Status>
        </Table.Td>
        <Table.Td>{latest === undefined ? 'none yet' : answerOf(latest)}</Table.Td>
        <Table.Td>
          <When at={delivery.createdAt} />
        </Table.Td>
        <Table.Td>
          <Button size="compact-sm" variant="default" onClick={toggle} aria-expanded={isOpen}>
            {delivery.attempts.length}
          </Button>
        </Table.Td>
        <Table.Td>
          <Button
            size="compact-sm"
            variant="default"
            loading={resend.isPending}
            onClick={() => {
              resend.mutate();
            }}
          >
            Resend
          </Button>
        </Table.Td>
      </Table.Tr>
      {(isOpen || resend.isError) && (
        <Table.Tr>
          <Table.Td colSpan={6}>
            {resend.isError && <ErrorNotice error={resend.error} />}
            {isOpen && <Attempts delivery={delivery} />}
          </Table.Td>
        </Table.Tr>
      )}
    </>
  );
}

const Attempts = ({ delivery: { attempts, nextAttemptAt } }: { delivery: Delivery }) => (
  <Stack gap={6} py={4}>
    {attempts.map((attempt) => (
      <Group key={attempt.number} gap="md">
        <Text size="sm" c="dimmed">
          <Clock at={attempt.startedAt} />
        </Text>
        <Text size="sm">{answerOf(attempt)}</Text>
        {attempt.durationMs !== null && (
          <Text size="sm" c="dimmed">
            {attempt.durationMs} ms
          </Text>
        )}
      </Group>
    ))}
    {nextAttemptAt !== null && (
      <Text size="sm" c="dimmed">
        Next attempt at <Clock at={nextAttemptAt} />
      </Text>
    )}
  </Stack>
);

/** The codes of attempts without an answer are words, joined by underscores. */
const answerOf = ({ statusCode, code }: DeliveryAttempt): string =>
  statusCode === null ? code.replaceAll('_', ' ') : `HTTP ${statusCode}`;
