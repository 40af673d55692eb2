import { callbackPrefix } from '@gateway/contracts';
import { Pool } from 'undici';
import type { LoadTarget } from '../load-target';

/** A message that Meta accepted and will report about. */
export interface AcceptedMessage {
  readonly wamid: string;
  /** What each of its statuses carries. */
  readonly callbackData: string;
  /** Index of the key that sent it. */
  readonly tenant: number;
}

const CONNECTIONS = 64;

interface Answer {
  readonly data: { readonly messages: readonly { readonly id: string }[] };
}

/** Sends messages, with the keys in turn, as fast as they are answered. */
export async function sendMessages(target: LoadTarget, count: number): Promise<AcceptedMessage[]> {
  const pool = new Pool(target.origin, { connections: CONNECTIONS, pipelining: 1 });
  const messages: AcceptedMessage[] = [];
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      messages[index] = await sendOne(pool, target, index % target.keys.length);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, sender));
  await pool.close();
  return messages;
}

async function sendOne(pool: Pool, target: LoadTarget, tenant: number): Promise<AcceptedMessage> {
  const { statusCode, headers, body } = await pool.request({
    method: 'POST',
    path: target.path,
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${target.keys[tenant] ?? ''}`,
    },
    body: target.body,
  });
  if (statusCode !== 200) throw new Error(`${statusCode}: ${await body.text()}`);
  const [message] = ((await body.json()) as Answer).data.messages;
  const id = String(headers['x-message-id']).replace(/^msg_/, '');
  return { wamid: message?.id ?? '', callbackData: callbackPrefix(id), tenant };
}
