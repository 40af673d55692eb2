import { CLOCK, LOGGER, metrics, type Clock, type Logger } from '@gateway/platform';
import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { NoticePorts } from './message-ports';
import { NoticesService } from './notices.service';
import { NoticesStore, type NoticeRow } from './notices.store';
import { RepeatedWork } from './repeated-work';

/** Nest token of the `NoticePorts`. */
export const NOTICE_PORTS = Symbol('NoticePorts');

const INTERVAL_MS = 1_000;
const BATCH_MAX = 20;
/** Longer than an attempt takes; whoever claimed it and died gives it back by that. */
const LEASE_MS = 10_000;

const noticesSent = metrics.counter({
  name: 'gateway_auth_notices_total',
  help: 'Mails and codes by kind and outcome',
  labels: ['kind', 'outcome'],
});

/** Sends what stands in `notices`, each until it was taken or is too old; after a crash perhaps once more. */
@Injectable()
export class NoticeSender implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly sending = new RepeatedWork(INTERVAL_MS, () => this.sendDue());

  constructor(
    private readonly notices: NoticesStore,
    private readonly content: NoticesService,
    @Inject(NOTICE_PORTS) private readonly ports: NoticePorts,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.sending.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.sending.stop();
  }

  private async sendDue(): Promise<void> {
    try {
      const due = await this.notices.claim(BATCH_MAX, new Date(this.clock.nowMs()), LEASE_MS);
      const outcomes = await Promise.all(due.map((notice) => this.send(notice)));
      const sent = due.filter((_, index) => outcomes[index]).map(({ id }) => id);
      if (sent.length > 0) await this.notices.remove(sent);
    } catch (error) {
      this.logger.warn({ err: error }, 'notices.not_sent');
    }
  }

  private async send(notice: NoticeRow): Promise<boolean> {
    const { kind } = notice;
    const port = this.ports[kind];
    try {
      if (port === null) throw new Error(`nothing is configured that sends a notice of this kind`);
      await port.send(this.content.open(notice));
      noticesSent.inc({ kind, outcome: 'sent' });
      return true;
    } catch (error) {
      noticesSent.inc({ kind, outcome: 'failed' });
      this.logger.warn({ err: error, component: `notice ${kind}` }, 'notice.not_sent');
      return false;
    }
  }
}
