import { useQuery } from '@tanstack/react-query';
import { messageQuery } from '../../api/queries/messages';
import { QueryView } from '../../components/query-view';
import { MessageTimeline } from '../../components/timeline';

/** The timeline of the message that was just sent; it moves by itself. */
export function SentTest({ appId, id }: { appId: string; id: string }) {
  const message = useQuery(messageQuery(appId, id));
  return <QueryView query={message}>{(detail) => <MessageTimeline message={detail} />}</QueryView>;
}
