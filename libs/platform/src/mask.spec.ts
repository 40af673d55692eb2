import * as fc from 'fast-check';
import { createLogger } from './logger';
import { maskLine, maskPhoneNumber } from './mask';
import { uuidv7 } from './uuidv7';
import { systemRandom } from './random';

const PHONE = '905321234567';
const KEY = `pk_${'a1B2c3D4e5'.repeat(4)}abc123456`;

function logLines(write: (logger: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  write(
    createLogger({
      service: 'edge',
      level: 'trace',
      destination: { write: (line) => void lines.push(line) },
    }),
  );
  return lines.join('');
}

describe('maskPhoneNumber', () => {
  it('shows two digits at each end', () => {
    expect(maskPhoneNumber('905321234567')).toBe('90*****67');
    expect(maskPhoneNumber('+44 7911 123456')).toBe('+44*****56');
    expect(maskPhoneNumber('12345')).toBe('*****');
  });
});

describe('log lines', () => {
  it('carry time, level, service and the event as JSON', () => {
    const line = JSON.parse(
      logLines((logger) => {
        logger.info({ messageId: 'msg_1', durationMs: 12.5, count: 3n }, 'message.accepted');
      }),
    ) as Record<string, unknown>;
    expect(line).toMatchObject({
      level: 'info',
      service: 'edge',
      msg: 'message.accepted',
      messageId: 'msg_1',
      durationMs: 12.5,
      count: '3',
    });
    expect(Math.abs(Date.now() - Number(line.time))).toBeLessThan(5_000);
  });

  it('drop fields that are not on the list and name them', () => {
    const fields = { messageId: 'msg_1', body: { text: 'canary' }, to: PHONE } as object;
    const line = logLines((logger) => {
      logger.child(fields).info(fields, 'message.accepted');
    });
    expect(line).not.toContain('canary');
    expect(line).not.toContain(PHONE);
    expect(line).toContain('"dropped":["body","to"]');
  });

  it.each([
    ['a number in an event', `sent to ${PHONE}`],
    ['a number with plus', `sent to +${PHONE}`],
    ['a number with blanks', 'sent to +90 532 123 45 67'],
    ['a number behind an escape', `first\n${PHONE}`],
    ['a number glued to letters', `to${PHONE}x`],
    ['an API key', `key ${KEY} is wrong`],
    ['a token of Meta', 'token EAAGm0PX4ZCpsBAKZCZBexample is wrong'],
    ['a Bearer token', 'got Bearer abc.def-ghi'],
    ['a signing secret', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    ['a password in a URL', 'postgres://gateway:hunter2-canary@db/gateway'],
  ])('never show %s', (_what, text) => {
    const line = logLines((logger) => {
      logger.info({ reason: text }, text);
      logger.error({ err: new Error(text, { cause: new Error(text) }) }, 'failed');
    });
    for (const canary of [
      PHONE,
      '5321234567',
      '123 45',
      KEY,
      'GKYqrTwj',
      'Gm0PX4',
      'def-ghi',
      'hunter2',
    ]) {
      expect(line).not.toContain(canary);
    }
    for (const part of line.trim().split('\n'))
      expect(() => JSON.parse(part) as unknown).not.toThrow();
  });

  it('keep of an error only a closed list of properties', () => {
    const error = Object.assign(new Error('duplicate key'), {
      code: '23505',
      constraint: 'holds_pkey',
      query: 'insert canary-query',
      parameters: ['canary-parameter'],
      detail: 'Key (to)=(canary-detail) already exists.',
    });
    const line = logLines((logger) => {
      logger.error({ err: error }, 'billing.failed');
    });
    expect(line).toContain('holds_pkey');
    expect(line).toContain('mask.spec.ts');
    expect(line).not.toContain('canary');
  });

  it('do not quote the data that a parser or the database complains about', () => {
    const sql = Object.assign(new Error('invalid input syntax for type uuid: "canary"'), {
      code: '22P02',
    });
    const line = logLines((logger) => {
      logger.error({ err: sql }, 'failed');
      try {
        JSON.parse('{"text":canary}');
      } catch (error) {
        logger.error({ err: error }, 'failed');
      }
    });
    expect(line).toContain('invalid input syntax for type uuid');
    expect(line).not.toContain('canary');
  });

  it('leave times, offsets, durations, UUIDs and digests as they are', () => {
    const digest = '0123456789'.repeat(6).concat('abcd');
    const harmless = `{"time":1763845000000,"pid":1234567,"offset":"123456789","lagMs":1234567.8}`;
    expect(maskLine(harmless)).toBe(harmless);
    expect(maskLine(digest)).toBe(digest);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 47 }), (nowMs) => {
        const id = `msg_${uuidv7(nowMs, systemRandom)}`;
        expect(maskLine(id)).toBe(id);
      }),
    );
  });

  it('hide any number of 7 to 15 digits in any text', () => {
    const digits = fc.stringMatching(/^[1-9]\d{6,14}$/);
    const around = fc.string({ maxLength: 10 }).map((text) => text.replace(/[\d"]/g, ''));
    fc.assert(
      fc.property(digits, around, around, (number, before, after) => {
        fc.pre(!/[0-9a-f-]$/i.test(before) || number.length < 8);
        const masked = maskLine(JSON.stringify({ msg: `${before}${number}${after}` }));
        expect(masked).not.toContain(number);
      }),
    );
  });
});
