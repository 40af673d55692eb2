import { parseMetaEvent, recordOf, type PricedPayload } from '@gateway/contracts';
import type { Batch, InboundRecord, Messaging, OutboundRecord } from '@gateway/messaging';
import { countryOfNumber, metrics, type Logger } from '@gateway/platform';
import { RISING_STATES } from './domain/message-state';
import { statusReportOf, type StatusReport } from './domain/status-report';
import { settledRecord } from './settled-record';
import type { StatusMatch, StatusesStore } from './statuses.store';

/** A status that may belong to a message whose wamid is not stored yet. */
interface Waiting {
  readonly report: StatusReport;
  /** Broker's time after which it counts as sent elsewhere. */
  readonly untilMs: number;
  readonly finish: () => void;
}

/** Longer than Meta's answer is awaited; the outcome is committed behind it. */
const WAIT_MS = 30_000;
const LOOK_INTERVAL_MS = 500;

const applied = metrics.counter({
  name: 'gw_dispatcher_statuses_total',
  help: 'Statuses that Meta reported, by what they were to the messages sent here.',
  labels: ['result'],
});

/**
 * Moves messages forward by what Meta reports, and tells billing what follows: acceptance that became known by a
 * status, and the price of what was delivered. A status that comes again says the same again.
 */
export class StatusesService {
  private waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;
  private isLooking = false;

  constructor(
    private readonly store: StatusesStore,
    private readonly messaging: Pick<Messaging, 'producer' | 'brokerClock'>,
    private readonly logger: Logger,
  ) {}

  /** @throws the store's or the broker's error: then the batch comes again */
  async take(batch: Batch): Promise<void> {
    const arrived: { record: InboundRecord; report: StatusReport }[] = [];
    for (const record of batch.records) {
      const event = parseMetaEvent(record.value);
      if (event === null) {
        batch.reject(record, 'not an event of Meta');
        continue;
      }
      const report = statusReportOf(event, record.timestampMs);
      if (report) arrived.push({ record, report });
    }
    const missing = new Set(await this.apply(arrived.map(({ report }) => report)));
    for (const { record, report } of arrived) {
      if (!missing.has(report)) continue;
      if (report.mayBeKnownByWamid) this.wait(batch, record, report);
      else applied.inc({ result: 'elsewhere' });
    }
  }

  /** Ends the watch over what waits; its records stay uncommitted and come again. */
  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** @returns the reports whose message is not there */
  private async apply(reports: readonly StatusReport[]): Promise<StatusReport[]> {
    const nowMs = Math.round(this.messaging.brokerClock.nowMs());
    const matches = await this.store.apply(reports, nowMs);
    const records = matches.flatMap((match) => recordsOf(match, nowMs));
    if (records.length > 0) await this.messaging.producer.sendAll(records);
    for (const match of matches) {
      applied.inc({ result: isSent(match) ? 'applied' : 'contradicts' });
    }
    const found = new Set(matches.map(({ report }) => report));
    return reports.filter((report) => !found.has(report));
  }

  private wait(batch: Batch, record: InboundRecord, report: StatusReport): void {
    const finished = new Promise<void>((finish) => {
      this.waiting.push({ report, untilMs: record.timestampMs + WAIT_MS, finish });
    });
    batch.defer(record, finished);
    this.timer ??= setInterval(() => void this.lookAgain(), LOOK_INTERVAL_MS);
  }

  private async lookAgain(): Promise<void> {
    if (this.isLooking) return;
    this.isLooking = true;
    const looked = this.waiting.splice(0);
    try {
      const missing = new Set(await this.apply(looked.map(({ report }) => report)));
      const nowMs = this.messaging.brokerClock.nowMs();
      for (const each of looked) {
        if (missing.has(each.report) && nowMs < each.untilMs) this.waiting.push(each);
        else each.finish();
        if (missing.has(each.report) && nowMs >= each.untilMs) applied.inc({ result: 'elsewhere' });
      }
    } catch (error) {
      this.logger.warn({ err: error, records: looked.length }, 'statuses.not-applied');
      this.waiting.push(...looked);
    } finally {
      this.isLooking = false;
    }
    if (this.waiting.length === 0) this.stop();
  }
}

/** A message that was refused, or never sent, is moved by nothing, and costs nothing. */
const isSent = ({ state, isFake }: StatusMatch): boolean =>
  RISING_STATES.includes(state) && !isFake;

function recordsOf(match: StatusMatch, nowMs: number): OutboundRecord[] {
  if (!isSent(match)) return [];
  const priced = pricedPayload(match);
  return [
    ...(match.isAnswered ? [] : [settledRecord(match, 'accepted', nowMs)]),
    ...(priced ? [recordOf('message.priced.v1', match.appId, priced)] : []),
  ];
}

/** Of what arrived with a price, and of what failed: that nothing is to be paid. */
function pricedPayload({ report, messageId, orgId, appId }: StatusMatch): PricedPayload | null {
  const { status, price, wamid, recipient, atMs } = report;
  const isPriced = (status === 'delivered' || status === 'read') && price !== null;
  if (!isPriced && status !== 'failed') return null;
  return {
    messageId,
    orgId,
    appId,
    wamid,
    market: recipient === null ? null : countryOfNumber(recipient),
    category: isPriced ? price.category : null,
    billable: isPriced && price.billable,
    atMs,
  };
}
