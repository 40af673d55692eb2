import { ActionIcon, Card, Group, Progress, Stack, Text, Title } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { applicationQuery, keysQuery } from '../../api/queries/applications';
import { latestMessagesQuery } from '../../api/queries/messages';
import { webhookQuery } from '../../api/queries/webhook';
import { Icon } from '../../components/icons';
import { keyPlaceholder } from '../../domain/curl';
import { firstSteps, nextStep } from '../../domain/first-steps';
import { FirstStep } from './first-step';

const WATCH_MS = 3_000;

/** The quickstart, ticked off as it happens, until all is done and put away. */
export function FirstSteps({ appId }: { appId: string }) {
  const [isHidden, setHidden] = useLocalStorage({
    key: `first-steps-done:${appId}`,
    defaultValue: false,
    getInitialValueInEffect: false,
  });
  const keys = useQuery({ ...keysQuery(appId), refetchInterval: WATCH_MS });
  const messages = useQuery(latestMessagesQuery(appId));
  const application = useQuery({ ...applicationQuery(appId), refetchInterval: WATCH_MS });
  const webhook = useQuery({ ...webhookQuery(appId), refetchInterval: WATCH_MS });
  const { data: page } = keys;
  if (isHidden || !page || !messages.data || !application.data || webhook.data === undefined) {
    return null;
  }
  const hasChannel = application.data.channel != null;
  const steps = firstSteps({
    keysCount: page.items.length,
    messages: messages.data,
    hasChannel,
    hasWebhook: webhook.data !== null,
  });
  const next = nextStep(steps);
  const doneCount = steps.filter(({ isDone }) => isDone).length;
  const key = keyPlaceholder(page.items.find(({ isActive }) => isActive));
  return (
    <Card component="section" aria-label="First steps" withBorder radius="lg" padding="lg">
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <div>
          <Title order={2}>{next === null ? 'You are set up' : 'First steps'}</Title>
          <Text size="sm" c="dimmed">
            {doneCount} of {steps.length} done. Each is ticked when it has happened.
          </Text>
        </div>
        {next === null && (
          <ActionIcon
            variant="default"
            aria-label="Put the first steps away"
            onClick={() => {
              setHidden(true);
            }}
          >
            <Icon name="check" size={16} />
          </ActionIcon>
        )}
      </Group>
      <Progress
        value={(doneCount / steps.length) * 100}
        my="md"
        size="sm"
        aria-label="First steps done"
      />
      <Stack gap="md" component="ol" m={0} p={0} style={{ listStyle: 'none' }}>
        {steps.map((step, index) => (
          <FirstStep
            key={step.id}
            step={step}
            position={index + 1}
            isNext={step.id === next}
            context={{ appId, apiKey: key, hasChannel }}
          />
        ))}
      </Stack>
    </Card>
  );
}
