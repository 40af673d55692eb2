const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;
const ZERO = 0x30;
const SPACE = 0x20;

/** Where a value lies in the bytes: from its first byte to behind its last. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The bytes are no JSON, or nest deeper than the limit. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
}

/**
 * Goes once over JSON and says where its values lie, so that they can be handed on as they were written: a parser
 * would round numbers beyond 2^53 and forget escapes and the order of keys. Every byte is checked on the way, those
 * of values that are passed over too.
 */
export class JsonCursor {
  private index = 0;
  private level = 0;

  constructor(
    private readonly json: Buffer,
    private readonly levelsMax: number,
  ) {}

  isAtObject(): boolean {
    return this.firstByte() === OPEN_BRACE;
  }

  isAtArray(): boolean {
    return this.firstByte() === OPEN_BRACKET;
  }

  /** Calls back at each member's value, which the callee must read. */
  object(onMember: (name: string) => void): Span {
    return this.container(OPEN_BRACE, CLOSE_BRACE, () => {
      onMember(this.textOf(this.memberName()));
    });
  }

  /** Calls back at each element, which the callee must read. */
  array(onElement: () => void): Span {
    return this.container(OPEN_BRACKET, CLOSE_BRACKET, onElement);
  }

  /** Reads one value, whatever it is. */
  value(): Span {
    const first = this.firstByte();
    if (first === OPEN_BRACE) return this.container(OPEN_BRACE, CLOSE_BRACE, this.passMember);
    if (first === OPEN_BRACKET) {
      return this.container(OPEN_BRACKET, CLOSE_BRACKET, this.passElement);
    }
    return first === QUOTE ? this.string() : this.scalar();
  }

  /** Reads one value; its text when it is a string, else null. */
  stringValue(): string | null {
    const isString = this.firstByte() === QUOTE;
    const span = this.value();
    return isString ? this.textOf(span) : null;
  }

  /** @throws JsonSyntaxError when anything but blanks follows */
  end(): void {
    if (this.firstByte() !== undefined) this.fail();
  }

  private readonly passElement = (): void => {
    this.value();
  };

  private readonly passMember = (): void => {
    this.memberName();
    this.value();
  };

  private container(open: number, close: number, onPart: () => void): Span {
    const start = this.expect(open);
    this.level += 1;
    if (this.level > this.levelsMax) this.fail();
    if (this.firstByte() === close) {
      this.index += 1;
    } else {
      do onPart();
      while (this.isCommaOr(close));
    }
    this.level -= 1;
    return { start, end: this.index };
  }

  private isCommaOr(close: number): boolean {
    const byte = this.firstByte();
    if (byte !== COMMA && byte !== close) this.fail();
    this.index += 1;
    return byte === COMMA;
  }

  private memberName(): Span {
    if (this.firstByte() !== QUOTE) this.fail();
    const name = this.string();
    this.expect(COLON);
    return name;
  }

  private textOf({ start, end }: Span): string {
    const text = this.json.toString('latin1', start + 1, end - 1);
    return /^[\x20-\x5b\x5d-\x7e]*$/.test(text)
      ? text
      : (JSON.parse(this.json.toString('utf8', start, end)) as string);
  }

  private string(): Span {
    const { json } = this;
    const start = this.index;
    let index = start + 1;
    for (;;) {
      const byte = json[index];
      if (byte === undefined || byte < SPACE) this.fail();
      if (byte === QUOTE) break;
      index = byte === BACKSLASH ? this.escapeEnd(index) : index + 1;
    }
    this.index = index + 1;
    return { start, end: this.index };
  }

  private escapeEnd(start: number): number {
    const letter = this.json[start + 1] ?? 0;
    if (SHORT_ESCAPES.has(letter)) return start + 2;
    if (letter !== 0x75) this.fail();
    for (let index = start + 2; index < start + 6; index += 1) {
      if (!isHexDigit(this.json[index])) this.fail();
    }
    return start + 6;
  }

  private scalar(): Span {
    const start = this.index;
    const literal = LITERALS.find((text) => this.json[start] === text[0]);
    if (literal === undefined) return this.number();
    const end = start + literal.length;
    if (!this.json.subarray(start, end).equals(literal)) this.fail();
    this.index = end;
    return { start, end };
  }

  private number(): Span {
    const { json } = this;
    const start = this.index;
    if (json[this.index] === MINUS) this.index += 1;
    if (json[this.index] === ZERO) this.index += 1;
    else this.digits();
    if (json[this.index] === DOT) {
      this.index += 1;
      this.digits();
    }
    const exponent = json[this.index];
    if (exponent === 0x65 || exponent === 0x45) {
      this.index += 1;
      const sign = json[this.index];
      if (sign === PLUS || sign === MINUS) this.index += 1;
      this.digits();
    }
    return { start, end: this.index };
  }

  private digits(): void {
    const start = this.index;
    while (isDigit(this.json[this.index])) this.index += 1;
    if (this.index === start) this.fail();
  }

  /** The next byte that is no blank; undefined at the end. */
  private firstByte(): number | undefined {
    let byte = this.json[this.index];
    while (byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09) {
      this.index += 1;
      byte = this.json[this.index];
    }
    return byte;
  }

  private expect(byte: number): number {
    if (this.firstByte() !== byte) this.fail();
    this.index += 1;
    return this.index - 1;
  }

  private fail(): never {
    throw new JsonSyntaxError(`no JSON at byte ${this.index}`);
  }
}

const LITERALS = ['true', 'false', 'null'].map((text) => Buffer.from(text));
const SHORT_ESCAPES = new Set(Buffer.from('"\\/bfnrt'));

const isDigit = (byte: number | undefined): boolean =>
  byte !== undefined && byte >= ZERO && byte <= 0x39;

const isHexDigit = (byte: number | undefined): boolean =>
  byte !== undefined &&
  (isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66));
