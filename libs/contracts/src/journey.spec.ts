import { CATALOGUE, type ErrorCode } from '@gateway/errors';
import fc from 'fast-check';
import {
  MESSAGE_TYPES,
  decodeJourney,
  encodeJourney,
  type Journey,
  type RecordHeaders,
} from './journey';

const limit = fc.integer({ min: 0, max: 1_000_000 });

const journeys: fc.Arbitrary<Journey> = fc.record({
  messageId: fc.uuid(),
  replyPartition: fc.integer({ min: 0, max: 31 }),
  ttlMs: fc.integer({ min: 1, max: 60_000 }),
  appId: fc.uuid(),
  orgId: fc.uuid(),
  keyId: fc.uuid(),
  type: fc.constantFrom(...MESSAGE_TYPES, 'read' as const),
  isFake: fc.boolean(),
  isMmlite: fc.boolean(),
  isLate: fc.boolean(),
  limits: fc.record({
    perSecond: limit,
    perMinute: limit,
    perDay: fc.option(fc.integer({ min: 1, max: 1_000_000 }), { nil: undefined }),
  }),
  submittedAtMs: fc.option(fc.integer({ min: 1, max: 2 ** 50 }), { nil: undefined }),
  rateState: fc.option(
    fc.record({ secLimit: limit, secRemaining: limit, minLimit: limit, minRemaining: limit }),
    { nil: undefined },
  ),
  refusal: fc.option(fc.constantFrom(...(Object.keys(CATALOGUE) as ErrorCode[])), {
    nil: undefined,
  }),
  idempotencyHash: fc.option(
    fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .map((bytes) => Buffer.from(bytes).toString('hex')),
    { nil: undefined },
  ),
  traceparent: fc.constantFrom(
    undefined,
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  ),
});

const asBytes = (headers: Record<string, string>): RecordHeaders =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)]));

describe('the journey in the headers', () => {
  it('comes out as it went in, as text and as bytes', () => {
    fc.assert(
      fc.property(journeys, (journey) => {
        const headers = encodeJourney(journey);
        expect(decodeJourney(headers)).toEqual(journey);
        expect(decodeJourney(asBytes(headers))).toEqual(journey);
      }),
    );
  });

  it.each([
    ['80,4800', undefined],
    ['80,4800,0', undefined],
    ['80,4800,500', 500],
  ])('with x-limits %j has a limit of the day of %p', (header, perDay) => {
    const [journey] = fc.sample(journeys, 1);
    if (!journey) throw new Error('no sample');
    const decoded = decodeJourney({ ...encodeJourney(journey), 'x-limits': header });
    expect(decoded?.limits).toEqual({ perSecond: 80, perMinute: 4_800, perDay });
  });

  it('of a key without a limit of the day has the two limits in its header, as ever', () => {
    const [journey] = fc.sample(journeys, 1);
    if (!journey) throw new Error('no sample');
    const limits = { perSecond: 80, perMinute: 4_800 };
    expect(encodeJourney({ ...journey, limits })['x-limits']).toBe('80,4800');
  });

  it('is refused when any mandatory header is missing', () => {
    const mandatory = [
      'x-message-id',
      'x-reply-partition',
      'x-ttl-ms',
      'x-app-id',
      'x-org-id',
      'x-key-id',
      'x-type',
      'x-limits',
    ];
    fc.assert(
      fc.property(journeys, fc.constantFrom(...mandatory), (journey, missing) => {
        const headers = encodeJourney(journey);
        expect(decodeJourney({ ...headers, [missing]: undefined })).toBeNull();
      }),
    );
  });

  it.each([
    ['x-message-id', "'; drop table messages; --"],
    ['x-message-id', '0190A0B0-0000-7000-8000-000000000000'],
    ['x-reply-partition', '32'],
    ['x-reply-partition', '-1'],
    ['x-reply-partition', '1e1'],
    ['x-ttl-ms', '0'],
    ['x-ttl-ms', '99999999999999999999'],
    ['x-type', 'sms'],
    ['x-flags', 'fake,admin'],
    ['x-limits', '80'],
    ['x-limits', '80,4800,500,1'],
    ['x-limits', '80,4800,'],
    ['x-limits', '80,4800,1000001'],
    ['x-limits', '80,-1'],
    ['x-submitted-at', 'NaN'],
    ['x-rate-state', '80,79,4800'],
    ['x-refusal', 'constructor'],
    ['x-idempotency-hash', 'abc'],
    ['traceparent', '00-x-y-z'],
  ])('is refused when %s is %j', (name, hostile) => {
    const [journey] = fc.sample(journeys, { numRuns: 1, seed: 7 });
    if (!journey) throw new Error('no sample');
    const headers = encodeJourney(journey);
    expect(decodeJourney(headers)).not.toBeNull();
    expect(decodeJourney({ ...headers, [name]: hostile })).toBeNull();
    expect(decodeJourney({ ...headers, [name]: Buffer.from(hostile) })).toBeNull();
  });

  it('with headers changed by machine is refused, or is one that says what they say', () => {
    const noise = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom('', '0', '-0', '00', '1e3', 'fake,fake', ',', '0x1', '１'),
    );
    const names = fc.sample(journeys, 1).flatMap((journey) => Object.keys(encodeJourney(journey)));
    const changes = fc.dictionary(fc.constantFrom(...names, 'x-flags', 'x-refusal'), noise, {
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(journeys, changes, (journey, changed) => {
        const decoded = decodeJourney({ ...encodeJourney(journey), ...changed });
        if (decoded) expect(decodeJourney(encodeJourney(decoded))).toEqual(decoded);
      }),
      { numRuns: 1_000 },
    );
  });
});
