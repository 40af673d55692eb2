/** A send as it enters the ledger. */
export interface AcceptedSend {
  readonly atMs: number;
  readonly phoneNumberId: string;
  readonly endpoint: string;
  /** Null for mark-as-read. */
  readonly wamid: string | null;
  /** Name of the fault that its answer suffered. */
  readonly fault: string | null;
  /** The request body as received; valid JSON. */
  readonly body: Buffer;
}

export interface SendsLimits {
  readonly entriesMax: number;
  readonly bytesMax: number;
}

/**
 * Entries are stored as the JSON that the ledger is read as, each behind a comma and a line feed, so that reading is
 * slicing and a million entries are some hundred objects for the garbage collector.
 */
interface Page {
  /** Sequence of its first entry. */
  readonly first: number;
  readonly bytes: Buffer;
  /** Where each entry ends in `bytes`. */
  readonly ends: Uint32Array;
  entries: number;
}

const PAGE_BYTES = 524_288;
const PAGE_ENTRIES = 1_024;
const SEPARATOR = ',\n';

/** Everything that the simulator accepted, in order; the oldest entries are dropped above its bounds. */
export class SendsLedger {
  private pages: Page[] = [];
  private bytes = 0;
  private sequence = 0;

  constructor(private readonly limits: SendsLimits) {}

  /** Sends accepted since the last `clear`, dropped ones included. */
  get count(): number {
    return this.sequence;
  }

  /** Sends that can still be read. */
  get kept(): number {
    const oldest = this.pages[0];
    return oldest ? this.sequence - oldest.first + 1 : 0;
  }

  append(send: AcceptedSend): void {
    this.sequence += 1;
    const head = this.headOf(send);
    const size = head.length + send.body.length + 1;
    const page = this.pageFor(size);
    let at = page.entries === 0 ? 0 : (page.ends[page.entries - 1] ?? 0);
    at += page.bytes.write(head, at, 'latin1');
    at += send.body.copy(page.bytes, at);
    page.bytes[at] = 0x7d; // }
    page.ends[page.entries] = at + 1;
    page.entries += 1;
  }

  /**
   * The entries behind `after` as pieces of JSON text, at most `limit` of them, without brackets around them.
   * It reads pages as they are when their turn comes, so a reader never holds up the sends.
   */
  *read(after: number, limit: number): Generator<Buffer> {
    let from = this.startOf(after) + 1;
    const last = Math.min(this.sequence, from + limit - 1);
    let isFirst = true;
    for (const page of [...this.pages]) {
      const pageLast = Math.min(page.first + page.entries - 1, last);
      if (from > pageLast) continue;
      const start = from === page.first ? 0 : (page.ends[from - page.first - 1] ?? 0);
      const end = page.ends[pageLast - page.first] ?? 0;
      yield page.bytes.subarray(isFirst ? start + SEPARATOR.length : start, end);
      isFirst = false;
      from = pageLast + 1;
    }
  }

  /** Sequence to read on from after `read(after, limit)`, null when that reached the end. */
  nextAfter(after: number, limit: number): number | null {
    const next = this.startOf(after) + limit;
    return next < this.sequence ? next : null;
  }

  clear(): void {
    this.pages = [];
    this.bytes = 0;
    this.sequence = 0;
  }

  /** Reading behind an entry that was dropped goes on with the oldest one kept. */
  private startOf(after: number): number {
    return Math.max(after, this.sequence - this.kept);
  }

  private headOf({ atMs, phoneNumberId, endpoint, wamid, fault }: AcceptedSend): string {
    return (
      `${SEPARATOR}{"sequence":${this.sequence},"at":"${new Date(atMs).toISOString()}",` +
      `"phoneNumberId":"${phoneNumberId}","endpoint":"${endpoint}",` +
      `"wamid":${quoted(wamid)},"fault":${quoted(fault)},"body":`
    );
  }

  private pageFor(size: number): Page {
    const page = this.pages.at(-1);
    if (page && page.entries < PAGE_ENTRIES) {
      const used = page.ends[page.entries - 1] ?? 0;
      if (used + size <= page.bytes.length) return page;
    }
    return this.addPage(Math.max(size, PAGE_BYTES));
  }

  private addPage(size: number): Page {
    const page: Page = {
      first: this.sequence,
      bytes: Buffer.allocUnsafeSlow(size),
      ends: new Uint32Array(PAGE_ENTRIES),
      entries: 0,
    };
    this.pages.push(page);
    this.bytes += size;
    while (this.pages.length > 1 && this.isOverBounds()) {
      this.bytes -= this.pages.shift()?.bytes.length ?? 0;
    }
    return page;
  }

  /** Whole pages are dropped, so up to one page fewer than `entriesMax` is kept. */
  private isOverBounds(): boolean {
    return (
      this.bytes > this.limits.bytesMax || this.kept + PAGE_ENTRIES - 1 > this.limits.entriesMax
    );
  }
}

const quoted = (text: string | null): string => (text === null ? 'null' : `"${text}"`);
