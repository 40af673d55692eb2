import { Divider, Drawer, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { keysQuery } from '../../api/queries/applications';
import { messageQuery } from '../../api/queries/messages';
import type { MessageDetail } from '../../api/types';
import { CodeLines } from '../../components/copy';
import { Facts } from '../../components/facts';
import { QueryView } from '../../components/query-view';
import { MessageTimeline } from '../../components/timeline';
import { keyPlaceholder, sendCurl } from '../../domain/curl';
import { formatUsd } from '../../domain/money';

interface MessageDrawerProps {
  readonly appId: string;
  /** Absent: closed. */
  readonly id: string | undefined;
}

/** One message beside the list: what happened to it, and how to send it again. */
export function MessageDrawer({ appId, id }: MessageDrawerProps) {
  const navigate = useNavigate({ from: '/applications/$appId/messages' });
  const close = (): void => {
    void navigate({ search: (before) => ({ ...before, message: undefined }) });
  };
  return (
    <Drawer
      opened={id !== undefined}
      onClose={close}
      position="right"
      size="lg"
      title="Message"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {id !== undefined && <Details appId={appId} id={id} />}
    </Drawer>
  );
}

function Details({ appId, id }: { appId: string; id: string }) {
  const message = useQuery(messageQuery(appId, id));
  return (
    <QueryView query={message} lines={6}>
      {(detail) => <Message appId={appId} message={detail} />}
    </QueryView>
  );
}

function Message({ appId, message }: { appId: string; message: MessageDetail }) {
  const { data: keys } = useQuery(keysQuery(appId));
  const key = keys?.items.find(({ isActive }) => isActive);
  const { id, wamid, to, type, isFake, costUsd } = message;
  return (
    <Stack>
      <Facts
        facts={[
          ['Recipient', to ?? 'not kept'],
          ['Type', isFake ? `${type}, fake` : type],
          ['Cost so far', costUsd === null ? 'not known now' : formatUsd(costUsd)],
          ['Message id', id],
          ["Meta's id", wamid ?? 'not known yet'],
        ]}
      />
      <Divider />
      <Title order={2}>Timeline</Title>
      <MessageTimeline message={message} />
      <Divider />
      <div>
        <Title order={2}>Send it again</Title>
        <Text size="sm" c="dimmed">
          The gateway keeps neither contents nor numbers; put yours in their place.
        </Text>
      </div>
      <CodeLines
        label="Request that repeats the message"
        text={sendCurl({
          origin: location.origin,
          key: keyPlaceholder(key),
          to: 'RECIPIENT',
          type,
          isFake,
        })}
      />
    </Stack>
  );
}
