import { Group, Stack, Text, ThemeIcon } from '@mantine/core';
import type { ReactNode } from 'react';
import { CodeLines } from '../../components/copy';
import { Icon } from '../../components/icons';
import { ButtonLink } from '../../components/links';
import { sendCurl } from '../../domain/curl';
import type { Step, StepId } from '../../domain/first-steps';

interface StepContext {
  readonly appId: string;
  /** What stands for the key in the lines. */
  readonly apiKey: string;
  readonly hasChannel: boolean;
}

interface FirstStepProps {
  readonly step: Step;
  readonly position: number;
  readonly isNext: boolean;
  readonly context: StepContext;
}

const TITLES: Readonly<Record<StepId, string>> = {
  key: 'Create an API key',
  fake: 'Send a fake message',
  real: 'Connect a number and send a real message',
  webhook: 'Set your webhook',
  arrival: 'Watch a message arrive',
};

/** One step; the next one to take lies open. */
export const FirstStep = ({ step: { id, isDone }, position, isNext, context }: FirstStepProps) => (
  <Group component="li" align="flex-start" wrap="nowrap" gap="sm" data-step={id} data-done={isDone}>
    <ThemeIcon
      size={26}
      radius="xl"
      variant={isDone ? 'filled' : 'default'}
      aria-label={isDone ? 'Done' : `Step ${position}`}
      role="img"
    >
      {isDone ? <Icon name="check" size={16} /> : <Text size="xs">{position}</Text>}
    </ThemeIcon>
    <Stack gap="xs" flex={1} miw={0}>
      <Text fw={isNext ? 600 : 500} size="sm" c={isDone ? 'dimmed' : undefined} lh="26px">
        {TITLES[id]}
      </Text>
      {isNext && <Instructions id={id} context={context} />}
    </Stack>
  </Group>
);

function Instructions({ id, context }: { id: StepId; context: StepContext }): ReactNode {
  const { appId, apiKey, hasChannel } = context;
  const params = { appId };
  const line = (isFake: boolean): ReactNode => (
    <CodeLines
      label={isFake ? 'Request that sends a fake' : 'Request that sends a message'}
      text={sendCurl({ origin: location.origin, key: apiKey, to: '905321234567', isFake })}
    />
  );
  switch (id) {
    case 'key':
      return (
        <Advice text="Your backend sends with it. It is shown in full once.">
          <ButtonLink to="/applications/$appId/developers" params={params} size="xs">
            To the keys
          </ButtonLink>
        </Advice>
      );
    case 'fake':
      return (
        <Advice
          text={`Put the full key in the place of ${apiKey}. A fake costs nothing and reaches nobody.`}
        >
          {line(true)}
        </Advice>
      );
    case 'real':
      return hasChannel ? (
        <Advice text="The same without is_fake; it is charged when Meta takes it.">
          {line(false)}
        </Advice>
      ) : (
        <Advice text="Messages leave from a WhatsApp number of yours.">
          <ButtonLink to="/applications/$appId/number" params={params} size="xs">
            Connect a number
          </ButtonLink>
        </Advice>
      );
    case 'webhook':
      return (
        <Advice text="The address in your backend that is told what becomes of a message, and what people answer.">
          <ButtonLink to="/applications/$appId/webhooks" params={params} size="xs">
            Set the webhook
          </ButtonLink>
        </Advice>
      );
    case 'arrival':
      return (
        <Advice text="Send once more, and see it delivered: in the list of messages, and at your webhook.">
          {line(false)}
        </Advice>
      );
  }
}

const Advice = ({ text, children }: { text: string; children: ReactNode }) => (
  <Stack gap="xs" align="stretch">
    <Text size="sm" c="dimmed">
      {text}
    </Text>
    <div>{children}</div>
  </Stack>
);
