/** One status or message of a webhook, read without the gateway's own code. */
export interface Update {
  /** `status:<wamid>:<status>` or `message:<wamid>`. */
  readonly item: string;
  readonly wamid: string;
  /** Null for a message of a user. */
  readonly status: string | null;
  readonly phoneNumberId: string;
}

interface Item {
  readonly id: string;
  readonly status?: string;
}

interface MetaWebhook {
  readonly entry?: readonly {
    readonly changes?: readonly {
      readonly value?: {
        readonly metadata?: { readonly phone_number_id?: string };
        readonly statuses?: readonly Item[];
        readonly messages?: readonly Item[];
      };
    }[];
  }[];
}

/** What a webhook of Meta's tells, in its order; a batch holds many. */
export const updatesIn = (body: Buffer): Update[] =>
  updatesOf(JSON.parse(body.toString('utf8')) as MetaWebhook);

export function updatesOf({ entry = [] }: MetaWebhook): Update[] {
  return entry.flatMap(({ changes = [] }) =>
    changes.flatMap(({ value }) => {
      const phoneNumberId = value?.metadata?.phone_number_id ?? '';
      const statuses = (value?.statuses ?? []).map(({ id, status = '' }) => ({
        item: `status:${id}:${status}`,
        wamid: id,
        status,
        phoneNumberId,
      }));
      const messages = (value?.messages ?? []).map(({ id }) => ({
        item: `message:${id}`,
        wamid: id,
        status: null,
        phoneNumberId,
      }));
      return [...statuses, ...messages];
    }),
  );
}
