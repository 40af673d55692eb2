import { recipientOf } from './recipients';

describe('the recipient of a body', () => {
  it.each([
    ['{"to":"905321234567","type":"text"}', '905321234567'],
    ['{"context":{"to":"1"},"to":"2"}', '2'],
    ['{"status":"read","message_id":"wamid.x"}', null],
    ['{"to":905321234567}', null],
    ['{"to":"+905321234567"}', null],
    ['{"to":"1234567890123456789012"}', null],
    ['null', null],
    ['[]', null],
    ['{"to":', null],
    ['', null],
  ])('in %s is %s', (body, recipient) => {
    expect(recipientOf(Buffer.from(body))).toBe(recipient);
  });
});
