import { open, type FileHandle } from 'node:fs/promises';

/**
 * What a client saw of one request. `invoke` stands in the file, synced, before the request leaves; `ok` is a 2xx,
 * `fail` a refusal, `info` an end that tells nothing (a broken connection, GW_010, META_005).
 */
export interface OplogEntry {
  readonly kind: 'invoke' | 'ok' | 'fail' | 'info';
  /** In the message's text, so that Meta's ledger can be joined with it. */
  readonly marker: string;
  readonly atMs: number;
  readonly appId: string;
  readonly orgId: string;
  readonly idempotencyKey?: string;
  readonly bodySha256?: string;
  readonly status?: number;
  readonly code?: string;
  readonly messageId?: string;
}

/** A file of entries as JSON lines; an entry is on the disk when its `append` resolves. Waiting ones share a sync. */
export class Oplog {
  private readonly waiting: { readonly line: string; readonly done: () => void }[] = [];
  private writing: Promise<void> | undefined;
  private failure: unknown;

  private constructor(
    private readonly file: FileHandle,
    readonly path: string,
  ) {}

  static async create(path: string): Promise<Oplog> {
    return new Oplog(await open(path, 'wx'), path);
  }

  async append(entry: OplogEntry): Promise<void> {
    const written = new Promise<void>((resolve) => {
      this.waiting.push({ line: `${JSON.stringify(entry)}\n`, done: resolve });
    });
    this.writing ??= this.write();
    await Promise.race([written, this.writing]);
    if (this.failure !== undefined) throw new Error('the oplog fails', { cause: this.failure });
    await written;
  }

  async close(): Promise<void> {
    await this.writing;
    await this.file.close();
  }

  private async write(): Promise<void> {
    try {
      while (this.waiting.length > 0) {
        const batch = this.waiting.splice(0);
        await this.file.appendFile(batch.map(({ line }) => line).join(''));
        await this.file.datasync();
        for (const { done } of batch) done();
      }
    } catch (error) {
      this.failure = error;
    } finally {
      this.writing = undefined;
    }
  }
}
