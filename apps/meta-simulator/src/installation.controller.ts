import { answer, refuse, withBody, type ControlRoutes } from './control-routes';
import { readPhoneNumber } from './domain/phone-numbers';
import { readOutboxMessage, type Outbox } from './outbox';
import type { PhoneNumbers } from './phone-numbers';

/** What an installation without a Meta account and without mail needs: phone numbers to connect, and an outbox. */
export const installationRoutes = (numbers: PhoneNumbers, outbox: Outbox): ControlRoutes => ({
  'POST /_simulator/phone-numbers/free': (request, response) => {
    request.resume();
    answer(response, 201, numbers.takeFree());
  },
  'POST /_simulator/phone-numbers': (request, response) => {
    withBody(request, response, readPhoneNumber, (number) => {
      if (numbers.register(number)) answer(response, 201, number);
      else refuse(response, 409, 'Too many phone numbers');
    });
  },
  'POST /_simulator/outbox': (request, response) => {
    withBody(request, response, readOutboxMessage, (message) => {
      answer(response, 201, outbox.add(message));
    });
  },
  'GET /_simulator/outbox': (_request, response, url) => {
    answer(response, 200, { messages: outbox.list(url.searchParams.get('to')) });
  },
  'DELETE /_simulator/outbox': (_request, response) => {
    outbox.clear();
    answer(response, 200, { success: true });
  },
});
