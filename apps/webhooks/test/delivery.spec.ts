import type { TestDatabase } from '@gateway/testing';
import { callbackPrefix } from '@gateway/contracts';
import { until } from '@gateway/testing';
import { randomUUID } from 'node:crypto';
import { Receiver } from './receiver';
import { WebhooksProcess, aMessage, aStatus, anApp, webhooksDatabase } from './webhooks-process';

describe('an event of Meta', () => {
  const app = anApp();
  let database: TestDatabase;
  let webhooks: WebhooksProcess;
  let receiver: Receiver;
  beforeAll(async () => {
    database = await webhooksDatabase();
    receiver = await Receiver.start();
    webhooks = await WebhooksProcess.start({ databaseUrl: database.url, apps: [app] });
    await webhooks.endpoint(app, receiver.url);
  });
  afterAll(async () => {
    await webhooks.close();
    await receiver.close();
    await database.close();
  });

  it('goes to the endpoint at once, and stands in the list with its attempt', async () => {
    const wamid = `wamid.${randomUUID()}`;
    await webhooks.events(app, [aMessage(app, wamid)]);
    const [event] = await until(() => receiver.received.length > 0 && receiver.received);
    expect(JSON.parse(event?.body ?? '')).toMatchObject({
      entry: [{ changes: [{ value: { messages: [{ id: wamid }] } }] }],
    });
    const { deliveries, totalCount } = await until(async () => {
      const list = await webhooks.command('deliveries.list', app, { pageNumber: 1, pageSize: 10 });
      return list.deliveries[0]?.state === 'delivered' && list;
    });
    expect(totalCount).toBe(1);
    expect(deliveries[0]).toMatchObject({
      webhookId: event?.webhookId,
      event: 'messages',
      attempts: [{ number: 1, code: 'http_200', statusCode: 200 }],
    });
  });

  it('carries the id of our message and the own callback data of the customer', async () => {
    const messageId = randomUUID();
    const data = { biz_opaque_callback_data: `${callbackPrefix(messageId)}order 7` };
    const wamid = `wamid.${randomUUID()}`;
    await webhooks.events(app, [aStatus(app, wamid, 'sent', data)]);
    const event = await until(() => receiver.received.find(({ body }) => body.includes(wamid)));
    expect(event.headers['x-message-id']).toBe(`msg_${messageId}`);
    expect(event.body).toContain('"biz_opaque_callback_data":"order 7"');
  });
});
