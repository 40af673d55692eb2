import fc from 'fast-check';
import { decodeReply, encodeReply, type Reply } from './reply';

const REPLIES: Reply[] = [
  {
    kind: 'accepted',
    from: 'dispatcher',
    messageId: '0190a0b0-0000-7000-8000-000000000000',
    rateState: { secLimit: 80, secRemaining: 79, minLimit: 4800, minRemaining: 4799 },
    isReplayed: true,
    data: Buffer.from('{"messages":[{"id":"wamid.1"}]}'),
  },
  {
    kind: 'refused',
    from: 'rate-limiter',
    messageId: '0190a0b0-0000-7000-8000-000000000000',
    rateState: undefined,
    isReplayed: false,
    code: 'RATE_001',
    params: { limit_type: 'sec', retry_after: '1s' },
    retryAfterSeconds: 1,
  },
  { kind: 'running', from: 'dispatcher' },
  { kind: 'command', from: 'auth', sealed: Buffer.from([1, 2, 3]) },
];

describe('a reply', () => {
  it.each(REPLIES)('of kind $kind comes out as it went in', (reply) => {
    const { headers, value } = encodeReply(reply);
    expect(decodeReply(headers, Buffer.from(value))).toEqual(reply);
  });

  it('that is malformed is null and never an exception', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom('x-kind', 'x-from', 'x-message-id', 'x-code', 'x-retry-after'),
          fc.constantFrom('accepted', 'refused', 'edge', '__proto__', 'RATE_001', '', '-1'),
        ),
        fc.option(fc.uint8Array()),
        (headers, value) => {
          const reply = decodeReply(headers, value === null ? null : Buffer.from(value));
          expect(reply === null || headers['x-from'] === 'edge').toBe(true);
        },
      ),
    );
  });
});
