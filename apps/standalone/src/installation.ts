import { createHmac, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The root of every secret of an embedded installation: one random key, made at first start and kept in the data
 * directory. Secrets, database passwords and demo keys are derived from it, so each start has the same ones and no
 * two installations share any.
 */
export class Installation {
  private constructor(
    readonly dataDir: string,
    private readonly rootKey: Buffer,
  ) {}

  static open(dataDir: string): Installation {
    mkdirSync(dataDir, { recursive: true, mode: 0o755 });
    const path = join(dataDir, 'installation.key');
    try {
      writeFileSync(path, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const rootKey = Buffer.from(readFileSync(path, 'utf8').trim(), 'hex');
    if (rootKey.length !== 32) throw new Error(`${path} does not hold 32 bytes in hex.`);
    return new Installation(dataDir, rootKey);
  }

  /** 32 bytes that belong to this purpose alone. */
  derive(purpose: string): Buffer {
    return createHmac('sha256', this.rootKey).update(purpose).digest();
  }

  deriveHex(purpose: string): string {
    return this.derive(purpose).toString('hex');
  }
}
