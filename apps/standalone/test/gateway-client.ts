export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The body's bytes as text. */
  readonly text: string;
  readonly body: {
    readonly isSuccess: boolean;
    readonly data?: Readonly<Record<string, unknown>> & {
      readonly messages?: readonly { readonly id: string }[];
    };
    readonly errors?: {
      readonly code: string;
      readonly group: string;
      readonly description: string;
      readonly params: Readonly<Record<string, unknown>>;
    };
  };
}

export const textTo = (to: string, body = 'Hello!') => ({
  messaging_product: 'whatsapp',
  to,
  type: 'text',
  text: { body },
});

/** A customer's backend: it knows a URL and an API key. */
export class GatewayClient {
  constructor(
    readonly url: string,
    private readonly key: string,
  ) {}

  async send(
    message: unknown = textTo('905321234567'),
    {
      query = '',
      headers = {},
    }: { query?: string; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Answer> {
    return this.request(`/v1/wa/message${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof message === 'string' ? message : JSON.stringify(message),
    });
  }

  async message(id: string): Promise<Answer> {
    return this.request(`/v1/wa/messages/${id}`, { method: 'GET', headers: {} });
  }

  private async request(
    path: string,
    init: { method: string; headers: Record<string, string>; body?: string },
  ): Promise<Answer> {
    const response = await fetch(this.url + path, {
      ...init,
      headers: { authorization: `Bearer ${this.key}`, ...init.headers },
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: JSON.parse(text) as Answer['body'],
    };
  }
}

/** What the simulator accepted for a phone number or for all, in order. */
export async function acceptedSends(
  simulatorUrl: string,
): Promise<readonly { readonly wamid: string; readonly body: unknown }[]> {
  const all: { wamid: string; body: unknown }[] = [];
  for (let after = 0; ;) {
    const response = await fetch(`${simulatorUrl}/_simulator/sends?after=${after}&limit=1000`);
    const page = (await response.json()) as {
      sends: { sequence: number; wamid: string; body: unknown }[];
    };
    all.push(...page.sends);
    const last = page.sends.at(-1);
    if (!last) return all;
    after = last.sequence;
  }
}
