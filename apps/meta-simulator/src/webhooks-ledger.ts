export type WebhookState = 'pending' | 'accepted' | 'given-up';

/** A webhook that was or will be sent, as the ledger keeps it. */
export interface SentWebhook {
  readonly sequence: number;
  readonly atMs: number;
  readonly updates: number;
  readonly body: Buffer;
  /** Changes when the ledger is emptied. */
  readonly generation: number;
  state: WebhookState;
  attempts: number;
  /** HTTP status of the last answer; null without one. */
  status: number | null;
  acceptedAtMs: number | null;
}

interface LedgerLimits {
  readonly entriesMax: number;
  readonly bytesMax: number;
}

/** Every webhook with what became of it; the oldest are dropped above its bounds. */
export class WebhooksLedger {
  private entries: SentWebhook[] = [];
  private first = 0;
  private bytes = 0;
  private sequence = 0;
  private generation = 0;
  private accepted = 0;
  private givenUp = 0;

  constructor(private readonly limits: LedgerLimits) {}

  add(body: Buffer, updates: number, atMs: number): SentWebhook {
    this.sequence += 1;
    const webhook: SentWebhook = {
      sequence: this.sequence,
      atMs,
      updates,
      body,
      generation: this.generation,
      state: 'pending',
      attempts: 0,
      status: null,
      acceptedAtMs: null,
    };
    this.entries.push(webhook);
    this.bytes += body.length;
    while (this.isOverBounds()) {
      this.bytes -= this.entries[this.first]?.body.length ?? 0;
      this.first += 1;
    }
    this.compact();
    return webhook;
  }

  settle(webhook: SentWebhook, state: Exclude<WebhookState, 'pending'>): void {
    webhook.state = state;
    if (webhook.generation !== this.generation) return;
    if (state === 'accepted') this.accepted += 1;
    else this.givenUp += 1;
  }

  /** Of all since the last `clear`; `kept` of those that can still be read. */
  count(): Readonly<Record<string, number>> {
    const { sequence: count, accepted, givenUp } = this;
    const kept = this.entries.length - this.first;
    return { count, kept, accepted, givenUp, pending: count - accepted - givenUp };
  }

  /** Webhooks behind `after`, as JSON texts. */
  *read(after: number, limit: number): Generator<string> {
    const start = Math.max(this.first, this.indexOf(after + 1));
    for (const webhook of this.entries.slice(start, start + limit)) yield viewOf(webhook);
  }

  nextAfter(after: number, limit: number): number | null {
    const next = Math.max(after, this.sequence - this.entries.length + this.first) + limit;
    return next < this.sequence ? next : null;
  }

  clear(): void {
    this.entries = [];
    this.first = 0;
    this.bytes = 0;
    this.sequence = 0;
    this.generation += 1;
    this.accepted = 0;
    this.givenUp = 0;
  }

  private indexOf(sequence: number): number {
    return sequence - (this.sequence - this.entries.length) - 1;
  }

  private isOverBounds(): boolean {
    const kept = this.entries.length - this.first;
    return kept > 1 && (kept > this.limits.entriesMax || this.bytes > this.limits.bytesMax);
  }

  private compact(): void {
    if (this.first < 1_000 || this.first < this.entries.length / 2) return;
    this.entries = this.entries.slice(this.first);
    this.first = 0;
  }
}

function viewOf({ body, ...webhook }: SentWebhook): string {
  const { sequence, updates, state, attempts, status, atMs, acceptedAtMs } = webhook;
  const at = new Date(atMs).toISOString();
  const acceptedAt = acceptedAtMs === null ? null : new Date(acceptedAtMs).toISOString();
  const head = { sequence, at, updates, state, attempts, status, acceptedAt };
  return `${JSON.stringify(head).slice(0, -1)},"body":${body.toString('latin1')}}`;
}
