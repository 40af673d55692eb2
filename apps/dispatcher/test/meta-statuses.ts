import type { OutboundRecord } from '@gateway/messaging';
import type { App } from './dispatcher-process';

export interface StatusOptions {
  readonly wamid: string;
  readonly status: string;
  readonly atSeconds?: number;
  readonly callbackData?: string;
  readonly more?: Readonly<Record<string, unknown>>;
}

export const REGULAR = {
  pricing: { billable: true, pricing_model: 'PMP', type: 'regular', category: 'utility' },
};

/** A status as the edge hands it on: Meta's own structure with one status. */
export function statusEvent(
  { phoneNumberId }: Pick<App, 'phoneNumberId'>,
  { wamid, status, atSeconds = 1_700_000_000, callbackData, more }: StatusOptions,
): OutboundRecord {
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '15550100', phone_number_id: phoneNumberId },
    statuses: [
      {
        id: wamid,
        status,
        timestamp: String(atSeconds),
        recipient_id: '905321234567',
        ...(callbackData !== undefined && { biz_opaque_callback_data: callbackData }),
        ...more,
      },
    ],
  };
  const entry = [{ id: '2', changes: [{ field: 'messages', value }] }];
  return {
    topic: 'meta.event.v1',
    key: phoneNumberId,
    value: JSON.stringify({ object: 'whatsapp_business_account', entry }),
  };
}
