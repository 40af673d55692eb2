import { createHmac } from 'node:crypto';
import { Agent, request } from 'undici';
import type { Agenda } from './domain/agenda';
import { asMetaWrites } from './domain/meta-json';
import { webhookJson, type Update } from './domain/updates';
import type { WebhookSettings } from './webhook-settings';
import type { SentWebhook, WebhooksLedger } from './webhooks-ledger';

const CONNECTIONS = 32;
const TIMEOUT_MS = 20_000;
/** What waits to be sent; more than a minute of the fastest traffic that one machine can make. */
const QUEUED_MAX = 200_000;
const RETRY_FACTOR = 4;
const RETRY_FIRST_MS = 1_000;
const GIVE_UP_AFTER_MS = 7 * 24 * 3_600_000;
/** Shuffling looks so far ahead. */
const SHUFFLE_WINDOW = 100;

interface SenderParts {
  readonly settings: WebhookSettings;
  readonly ledger: WebhooksLedger;
  readonly agenda: Agenda;
  readonly random: () => number;
}

/**
 * Sends webhooks as Meta does: signed over their bytes, again at once and then ever later until they are answered 200.
 */
export class WebhookSender {
  private readonly agent = new Agent({ connections: CONNECTIONS, pipelining: 1 });
  private queue: Update[] = [];
  private head = 0;
  private inFlight = 0;
  private dropped = 0;
  private isScheduled = false;

  constructor(private readonly parts: SenderParts) {}

  get droppedUpdates(): number {
    return this.dropped;
  }

  /** Nothing happens while there is nobody to send to. */
  send(...updates: readonly Update[]): void {
    if (this.parts.settings.current.url === null) return;
    if (this.queue.length - this.head + updates.length > QUEUED_MAX) {
      this.dropped += updates.length;
      return;
    }
    this.queue.push(...updates);
    this.schedule();
  }

  /** All of them in one webhook, whatever the settings say. */
  sendTogether(updates: readonly Update[]): void {
    if (this.parts.settings.current.url !== null) this.dispatch(updates);
  }

  clear(): void {
    this.queue = [];
    this.head = 0;
  }

  async stop(): Promise<void> {
    this.clear();
    await this.agent.destroy();
  }

  /** At the end of the tick, so that what comes together can go together. */
  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.pump();
    });
  }

  private pump(): void {
    while (this.inFlight < CONNECTIONS && this.head < this.queue.length) {
      this.dispatch(this.next());
    }
    if (this.head > 1_000 && this.head > this.queue.length / 2) {
      this.queue = this.queue.slice(this.head);
      this.head = 0;
    }
  }

  private next(): Update[] {
    const { batchMax, isShuffled } = this.parts.settings.current;
    if (isShuffled) this.shuffle(batchMax);
    const updates = this.queue.slice(this.head, this.head + batchMax);
    this.head += updates.length;
    return updates;
  }

  /** Puts any of the next ones in front, for as many as are taken. */
  private shuffle(count: number): void {
    const window = Math.min(SHUFFLE_WINDOW, this.queue.length - this.head);
    for (let place = this.head; place < this.head + Math.min(count, window); place += 1) {
      const other = this.head + Math.floor(this.parts.random() * window);
      const [one, two] = [this.queue[place], this.queue[other]];
      if (one && two) [this.queue[place], this.queue[other]] = [two, one];
    }
  }

  private dispatch(updates: readonly Update[]): void {
    const body = Buffer.from(asMetaWrites(webhookJson(updates)), 'latin1');
    const { copies } = this.parts.settings.current;
    for (let copy = 0; copy < copies; copy += 1) {
      void this.attempt(this.parts.ledger.add(body, updates.length, Date.now()));
    }
  }

  /** Never rejects. */
  private async attempt(webhook: SentWebhook): Promise<void> {
    const { url, appSecret, retryMaxMs } = this.parts.settings.current;
    if (url === null) return;
    this.inFlight += 1;
    webhook.attempts += 1;
    webhook.status = await this.post(url, appSecret, webhook.body);
    this.inFlight -= 1;
    this.schedule();
    if (webhook.status === 200) {
      webhook.acceptedAtMs = Date.now();
      this.parts.ledger.settle(webhook, 'accepted');
      return;
    }
    // Again at once, then after 1 s, 4 s, 16 s and so on.
    const backoffMs = RETRY_FIRST_MS * RETRY_FACTOR ** (webhook.attempts - 2);
    const delayMs = webhook.attempts === 1 ? 0 : Math.min(backoffMs, retryMaxMs);
    const isOver = Date.now() - webhook.atMs > GIVE_UP_AFTER_MS;
    const again = (): void => void this.attempt(webhook);
    if (isOver || !this.parts.agenda.add(performance.now() + delayMs, again)) {
      this.parts.ledger.settle(webhook, 'given-up');
    }
  }

  /** The status of the answer; null without one. */
  private async post(url: string, appSecret: string, body: Buffer): Promise<number | null> {
    try {
      const answer = await request(url, {
        method: 'POST',
        dispatcher: this.agent,
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'facebookexternalua',
          'x-hub-signature-256': `sha256=${createHmac('sha256', appSecret).update(body).digest('hex')}`,
        },
        body,
      });
      await answer.body.dump();
      return answer.statusCode;
    } catch {
      return null; // nobody there, or too slow: an attempt like any other that failed
    }
  }
}
