import { updatesIn } from './meta-updates';

const webhook = (...values: readonly object[]): Buffer =>
  Buffer.from(
    JSON.stringify({
      object: 'whatsapp_business_account',
      entry: values.map((value) => ({ id: '1', changes: [{ field: 'messages', value }] })),
    }),
  );

describe('the updates of a webhook of Meta', () => {
  it('are every status and message of every entry, with their number', () => {
    const metadata = { phone_number_id: '7' };
    const body = webhook(
      {
        metadata,
        statuses: [
          { id: 'wamid.A', status: 'sent' },
          { id: 'wamid.B', status: 'read' },
        ],
      },
      { metadata, messages: [{ id: 'wamid.C' }] },
    );
    expect(updatesIn(body)).toEqual([
      { item: 'status:wamid.A:sent', wamid: 'wamid.A', status: 'sent', phoneNumberId: '7' },
      { item: 'status:wamid.B:read', wamid: 'wamid.B', status: 'read', phoneNumberId: '7' },
      { item: 'message:wamid.C', wamid: 'wamid.C', status: null, phoneNumberId: '7' },
    ]);
  });

  it('are none of a change that is about neither', () => {
    expect(updatesIn(webhook({ event: 'APPROVED' }))).toEqual([]);
  });
});
