import { isUtf8 } from 'node:buffer';

const BYTES_MAX = 16 * 1_024;
const UTF8_LENGTH_MAX = 4;

/** What is kept of a receiver's answer. */
export interface CapturedResponse {
  readonly body: string;
  /** Base64 when the bytes are not UTF-8; nothing is ever inflated. */
  readonly encoding: 'utf8' | 'base64';
  /** It was longer, slower or broken off. */
  readonly isTruncated: boolean;
}

/** Gathers the beginning of an answer, and says when it has enough. */
export class ResponseCapture {
  private readonly chunks: Buffer[] = [];
  private bytes = 0;

  /** Whether more may be read. */
  add(chunk: Buffer): boolean {
    const wanted = Math.min(chunk.length, BYTES_MAX - this.bytes);
    // Copied, as the chunk is a view into the socket's whole read buffer.
    if (wanted > 0) this.chunks.push(Buffer.from(chunk.subarray(0, wanted)));
    this.bytes += wanted;
    return wanted === chunk.length;
  }

  end(isTruncated: boolean): CapturedResponse {
    const bytes = Buffer.concat(this.chunks);
    const text = textOf(bytes, isTruncated);
    if (text === null) return { body: bytes.toString('base64'), encoding: 'base64', isTruncated };
    // Postgres' text takes no NUL.
    return { body: text.replaceAll('\0', ''), encoding: 'utf8', isTruncated };
  }
}

/** The bytes as text, or null when they are none; a cut through the last character leaves that one out. */
function textOf(bytes: Buffer, isTruncated: boolean): string | null {
  const cutMax = isTruncated ? UTF8_LENGTH_MAX - 1 : 0;
  for (let cut = 0; cut <= cutMax; cut++) {
    const whole = bytes.subarray(0, bytes.length - cut);
    if (isUtf8(whole)) return whole.toString('utf8');
  }
  return null;
}
