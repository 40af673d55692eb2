import { metrics, type Logger } from '@gateway/platform';
import type { Notice, NoticesStore } from './notices.store';

/** Whoever brings a notice to the owner; one that throws is asked again. It must know a notice that comes twice by its id. */
export type NoticeSink = (notice: Notice) => Promise<void>;

const AT_ONCE_MAX = 50;

const given = metrics.counter({
  name: 'gw_webhooks_notices_total',
  help: 'Notices to owners about their endpoints, by kind.',
  labels: ['kind'],
});

/** The notices as log lines, for an installation without mail. */
export const logSink =
  (logger: Logger): NoticeSink =>
  ({ orgId, appId, kind }) => {
    logger.warn({ orgId, appId, reason: kind }, 'endpoint.notice');
    return Promise.resolve();
  };

/** Brings notices to their sink, at least once each, apart from all deliveries. */
export class NoticesService {
  constructor(
    private readonly store: NoticesStore,
    private readonly sink: NoticeSink,
    private readonly logger: Logger,
  ) {}

  async give(): Promise<void> {
    for (const notice of await this.store.notGiven(AT_ONCE_MAX)) {
      try {
        await this.sink(notice);
      } catch (error) {
        this.logger.warn({ err: error, reason: notice.kind }, 'notice.not-given');
        return;
      }
      if (await this.store.markGiven(notice.id)) given.inc({ kind: notice.kind });
    }
  }
}
