/** A message that a person should get, and gets here instead. */
export interface OutboxMessage {
  readonly kind: 'otp' | 'mail';
  readonly to: string;
  readonly subject?: string;
  readonly text: string;
}

interface KeptMessage extends OutboxMessage {
  readonly sequence: number;
  readonly at: string;
}

const KEPT_MAX = 1_000;
const TO_LENGTH_MAX = 320;
const SUBJECT_LENGTH_MAX = 1_000;
const TEXT_LENGTH_MAX = 50_000;
const FIELDS = ['kind', 'to', 'subject', 'text'];

/** The message in the body of a request, or what is wrong with it. */
export function readOutboxMessage(body: unknown): OutboxMessage | string {
  if (typeof body !== 'object' || body === null) return 'The body must be a JSON object';
  const { kind, to, subject, text, ...more } = body as Readonly<Record<string, unknown>>;
  const [unknown] = Object.keys(more);
  if (unknown !== undefined) return `Unknown field ${unknown}; known are ${FIELDS.join(', ')}`;
  if (kind !== 'otp' && kind !== 'mail') return 'kind is otp or mail';
  if (!isText(to, TO_LENGTH_MAX) || to === '')
    return `to is text of 1 to ${TO_LENGTH_MAX} characters`;
  if (!isText(text, TEXT_LENGTH_MAX)) return `text has at most ${TEXT_LENGTH_MAX} characters`;
  if (subject === undefined) return { kind, to, text };
  return isText(subject, SUBJECT_LENGTH_MAX)
    ? { kind, to, subject, text }
    : `subject has at most ${SUBJECT_LENGTH_MAX} characters`;
}

const isText = (value: unknown, lengthMax: number): value is string =>
  typeof value === 'string' && value.length <= lengthMax;

/** Mails and one-time passwords of an installation that can send neither. */
export class Outbox {
  private messages: KeptMessage[] = [];
  private sequence = 0;

  /** @param print shows a line to whoever started the simulator */
  constructor(private readonly print: (line: string) => void) {}

  add(message: OutboxMessage): KeptMessage {
    this.sequence += 1;
    const kept = { sequence: this.sequence, at: new Date().toISOString(), ...message };
    this.messages.push(kept);
    if (this.messages.length > KEPT_MAX) this.messages.shift();
    if (message.kind === 'otp')
      this.print(`OTP for ${oneLine(message.to)}: ${oneLine(message.text)}`);
    return kept;
  }

  /** In their order; of one addressee when given. */
  list(to: string | null): readonly KeptMessage[] {
    return to === null ? this.messages : this.messages.filter((message) => message.to === to);
  }

  clear(): void {
    this.messages = [];
  }
}

/** What is printed comes from elsewhere: it cannot move a terminal's cursor. */
const oneLine = (text: string): string =>
  text.replace(/[^\x20-\x7e\u00a0-\uffff]+/g, ' ').slice(0, 200);
