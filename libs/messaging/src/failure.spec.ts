import { AppError } from '@gateway/errors';
import {
  CommandTimeoutError,
  InvalidRecordError,
  ProduceExpiredError,
  failureOf,
  reasonOf,
} from './failure';

const withCode = (code: string): Error => Object.assign(new Error('failed'), { code });

describe('what a failure means for its records', () => {
  it.each([
    '08006',
    '40001',
    '40P01',
    '53300',
    '57P01',
    '57014',
    '58030',
    '55P03',
    'ECONNREFUSED',
    'EPIPE',
    'EMFILE',
    'ENOBUFS',
    'ENOSPC',
    'EAI_AGAIN',
  ])('%s is retried', (code) => {
    expect(failureOf(withCode(code))).toBe('retry');
  });

  it.each([
    '22P02',
    '23505',
    'ERR_ASSERTION',
    'ERR_INVALID_ARG_TYPE',
    'P0001',
    'XX000',
    'toString',
  ])('%s is isolated', (code) => {
    expect(failureOf(withCode(code))).toBe('isolate');
  });

  it.each(['42P01', '42501', '28P01', '3D000', '3F000'])('%s ends the process', (code) => {
    expect(failureOf(withCode(code))).toBe('exit');
  });

  it('looks behind what wraps it: the query builder, a cause, but no deeper than four', () => {
    const wrapped = Object.assign(new Error('query failed'), { driverError: withCode('40P01') });
    expect(failureOf(wrapped)).toBe('retry');
    expect(failureOf(new AppError('GW_500', { cause: withCode('ECONNRESET') }))).toBe('retry');
    const loop: Error & { cause?: unknown } = new Error('loop');
    loop.cause = loop;
    expect(failureOf(loop)).toBe('isolate');
  });

  it('retries when broker, owner or connection are gone, also without a code', () => {
    expect(failureOf(new ProduceExpiredError(true))).toBe('retry');
    expect(failureOf(new CommandTimeoutError('auth', 'key.lookup', 5))).toBe('retry');
    expect(failureOf(new Error('Connection terminated unexpectedly'))).toBe('retry');
    expect(failureOf(new Error("Stream isn't writeable and enableOfflineQueue is false"))).toBe(
      'retry',
    );
  });

  it('isolates what is invalid, a defect, and what is no error at all', () => {
    expect(failureOf(new InvalidRecordError('no value', { cause: withCode('08006') }))).toBe(
      'isolate',
    );
    expect(failureOf(new TypeError('x is undefined'))).toBe('isolate');
    expect(failureOf('text')).toBe('isolate');
    expect(failureOf(undefined)).toBe('isolate');
  });

  it('retries when the server has ended, and when no address of a host answers', () => {
    const ended = Object.assign(withCode('XX000'), { severity: 'PANIC' });
    expect(failureOf(ended)).toBe('retry');
    expect(failureOf(new AggregateError([withCode('ENETUNREACH')]))).toBe('retry');
  });

  it('gives a bounded reason', () => {
    expect(reasonOf(new InvalidRecordError('no value'))).toBe('InvalidRecordError: no value');
    expect(reasonOf(new Error('x'.repeat(10_000)))).toHaveLength(500);
    expect(reasonOf(null)).toBe('object');
  });
});
