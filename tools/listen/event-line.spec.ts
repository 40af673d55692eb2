import { eventLine } from './event-line';

const AT = new Date('2026-11-28T10:00:00.123Z');
const line = (value: unknown, more: { isVerified?: boolean; isRepeated?: boolean } = {}) => {
  const change = { field: 'messages', value };
  const body = { object: 'whatsapp_business_account', entry: [{ id: '1', changes: [change] }] };
  return eventLine({
    at: AT,
    body: Buffer.from(JSON.stringify(body)),
    isVerified: true,
    isRepeated: false,
    ...more,
  });
};
const status = { id: 'wamid.A', status: 'delivered', timestamp: '1', recipient_id: '905321234567' };
const message = { id: 'wamid.B', from: '905321234567', type: 'text', text: { body: 'private' } };

describe('the line of an event', () => {
  it('tells time, verdict, event, state and wamid of a status', () => {
    expect(line({ statuses: [status] })).toMatch(
      /^10:00:00\.123 {2}signature ok +message_status +delivered +wamid\.A$/,
    );
  });

  it('tells of a message neither who wrote nor what', () => {
    const text = line({ messages: [message] });
    expect(text).toMatch(/messages +text +wamid\.B$/);
    expect(text).not.toMatch(/private|905321234567/);
  });

  it('says when the signature is bad, and when an event comes again', () => {
    expect(line({ statuses: [status] }, { isVerified: false })).toContain('SIGNATURE BAD');
    expect(line({ statuses: [status] }, { isRepeated: true })).toMatch(/\(again\)$/);
  });

  it('lets nothing act on the terminal', () => {
    const text = line({ messages: [{ ...message, type: 'te\u001b[2Jxt\n' }] });
    expect(text).not.toContain('\u001b');
    expect(text).not.toContain('\n');
  });

  it('takes what is no event', () => {
    const none = { at: AT, body: Buffer.from('?'), isVerified: false, isRepeated: false };
    expect(eventLine(none)).toMatch(/unknown$/);
  });
});
