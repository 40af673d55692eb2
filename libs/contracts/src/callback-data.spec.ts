import * as fc from 'fast-check';
import { callbackPrefix, parseCallbackData } from './callback-data';

describe('the callback data of a message', () => {
  it('names its message and gives the customer his value back', () => {
    fc.assert(
      fc.property(
        fc.uuid(),
        fc.string({ unit: 'grapheme', maxLength: 486 }),
        (messageId, value) => {
          expect(parseCallbackData(callbackPrefix(messageId) + value)).toEqual({
            messageId,
            customerValue: value,
          });
        },
      ),
    );
  });

  it('is none when it was not packed here', () => {
    for (const value of [
      undefined,
      null,
      7,
      '',
      'g1:',
      'order-17',
      'g1:short:x',
      'g2:AaIFMXReVRufvKiQBl-4_Q:x',
    ]) {
      expect(parseCallbackData(value)).toBeNull();
    }
  });
});
