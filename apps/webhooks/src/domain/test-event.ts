/** A made-up message in Meta's structure, for an owner who wants to see whether his endpoint works. */
export function testEvent(
  channel: { readonly phoneNumberId: string; readonly wabaId: string } | null,
  nowMs: number,
): Buffer {
  const { phoneNumberId, wabaId } = channel ?? { phoneNumberId: '0', wabaId: '0' };
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '15550000000', phone_number_id: phoneNumberId },
    contacts: [{ profile: { name: 'Test' }, wa_id: '15550000001' }],
    messages: [
      {
        from: '15550000001',
        id: 'wamid.TEST',
        timestamp: String(Math.floor(nowMs / 1_000)),
        type: 'text',
        text: { body: 'This is a test event.' },
      },
    ],
  };
  const entry = [{ id: wabaId, changes: [{ field: 'messages', value }] }];
  return Buffer.from(JSON.stringify({ object: 'whatsapp_business_account', entry }));
}
