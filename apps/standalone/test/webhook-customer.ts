import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StatusWebhook {
  readonly entry: readonly {
    readonly changes: readonly {
      readonly value: { readonly statuses?: readonly { id: string; status: string }[] };
    }[];
  }[];
}

/** What names a status wherever it is seen: its wamid and the state. */
export const statusesOf = ({ entry }: StatusWebhook): string[] =>
  entry.flatMap(({ changes }) =>
    changes.flatMap(({ value }) =>
      (value.statuses ?? []).map(({ id, status }) => `${id} ${status}`),
    ),
  );

/** A customer's endpoint that takes everything at once. */
export class WebhookCustomer {
  readonly got = new Map<string, number>();

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        for (const key of statusesOf(JSON.parse(body) as StatusWebhook)) {
          this.got.set(key, (this.got.get(key) ?? 0) + 1);
        }
        response.end();
      });
    });
  }

  static async open(): Promise<WebhookCustomer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new WebhookCustomer(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
