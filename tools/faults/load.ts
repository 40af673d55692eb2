import { sha256Hex } from '@gateway/platform';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import type { Oplog, OplogEntry } from './oplog';

/** Who sends; an organization of its own. */
export interface Sender {
  readonly orgId: string;
  readonly appId: string;
  readonly key: string;
  readonly phoneNumberId: string;
}

interface LoadOptions {
  /** Where to send at this moment. */
  readonly urls: () => readonly string[];
  readonly senders: readonly Sender[];
  readonly perSecond: number;
  /** What every marker begins with. */
  readonly name: string;
  readonly oplog: Oplog;
  /** Every so many requests carries an idempotency key and is sent a second time; 0: none. */
  readonly repeatEvery: number;
  /** Recipients in turn. */
  readonly recipients: readonly string[];
}

/** The end of one request. */
export interface Ended {
  readonly marker: string;
  readonly appId: string;
  /** It carried an idempotency key. */
  readonly isKeyed: boolean;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly kind: 'ok' | 'fail' | 'info';
  readonly code: string;
}

/** No honest answer takes longer: TTL, Meta's time, and what a repeated produce adds. */
const ANSWER_TIMEOUT_MS = 45_000;
/** Codes that say nothing about whether the message was sent. */
const TELLS_NOTHING = new Set(['GW_010', 'META_005', 'GW_500']);

/** An open model: requests start at their moments, whatever becomes of the earlier ones, until `stop`. */
export class Load {
  readonly ended: Ended[] = [];
  private readonly pools = new Map<string, Pool>();
  private readonly pending = new Set<Promise<void>>();
  private isStopped = false;
  private count = 0;
  private readonly running: Promise<void>;

  constructor(private readonly options: LoadOptions) {
    this.running = this.run();
  }

  /** Ends the arrivals and waits for every answer. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await this.running;
    await Promise.all(this.pending);
    await Promise.all([...this.pools.values()].map((pool) => pool.destroy()));
  }

  private async run(): Promise<void> {
    const startMs = performance.now();
    while (!this.isStopped) {
      const due = ((performance.now() - startMs) / 1_000) * this.options.perSecond;
      while (this.count < due) this.start();
      await sleep(2);
    }
  }

  private start(): void {
    const index = this.count++;
    const sent = this.send(index).finally(() => this.pending.delete(sent));
    this.pending.add(sent);
  }

  private async send(index: number): Promise<void> {
    const { name, repeatEvery, recipients } = this.options;
    const marker = `${name}-${index}`;
    const to = recipients[index % recipients.length] ?? '';
    const body = JSON.stringify({
      messaging_product: 'whatsapp',
      to,
      type: 'text',
      text: { body: marker },
    });
    const isRepeated = repeatEvery > 0 && index % repeatEvery === 0;
    const key = isRepeated ? `key-${marker}` : undefined;
    await this.request(index, { marker, body, key });
    if (isRepeated) await this.request(index, { marker: `${marker}-again`, body, key });
  }

  private async request(
    index: number,
    { marker, body, key }: { marker: string; body: string; key: string | undefined },
  ): Promise<void> {
    const { senders, oplog } = this.options;
    const sender = senders[index % senders.length];
    const pool = this.poolFor(index);
    if (!sender || !pool) throw new Error('nobody to send');
    const about = { marker, appId: sender.appId, orgId: sender.orgId, idempotencyKey: key };
    const startedAtMs = Date.now();
    await oplog.append({
      kind: 'invoke',
      ...about,
      atMs: startedAtMs,
      bodySha256: sha256Hex(body),
    });
    const answer = await this.answerOf(pool, sender, body, key);
    const endedAtMs = Date.now();
    const { kind } = answer;
    const { appId } = sender;
    const isKeyed = key !== undefined;
    this.ended.push({
      marker,
      appId,
      isKeyed,
      startedAtMs,
      endedAtMs,
      kind,
      code: answer.code ?? '200',
    });
    await oplog.append({ ...about, atMs: endedAtMs, ...answer });
  }

  private poolFor(index: number): Pool | undefined {
    const urls = this.options.urls();
    const url = urls[index % urls.length];
    if (url === undefined) return undefined;
    let pool = this.pools.get(url);
    if (!pool) {
      pool = new Pool(url, { connections: 512, pipelining: 1 });
      this.pools.set(url, pool);
    }
    return pool;
  }

  private async answerOf(
    pool: Pool,
    sender: Sender,
    body: string,
    key: string | undefined,
  ): Promise<Pick<Ended, 'kind'> & Pick<OplogEntry, 'status' | 'code' | 'messageId'>> {
    try {
      const response = await pool.request({
        method: 'POST',
        path: '/v1/wa/message',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${sender.key}`,
          ...(key !== undefined && { 'idempotency-key': key }),
        },
        body,
        headersTimeout: ANSWER_TIMEOUT_MS,
        bodyTimeout: ANSWER_TIMEOUT_MS,
      });
      const answer = (await response.body.json()) as { errors?: { code?: string } };
      const { statusCode: status } = response;
      const header = response.headers['x-message-id'];
      const messageId = typeof header === 'string' ? header.replace(/^msg_/, '') : undefined;
      if (status < 300) return { kind: 'ok', status, messageId };
      const code = answer.errors?.code ?? 'no code';
      return { kind: TELLS_NOTHING.has(code) ? 'info' : 'fail', status, code, messageId };
    } catch {
      return { kind: 'info', code: 'no answer' }; // the connection broke, or the time was over
    }
  }
}
