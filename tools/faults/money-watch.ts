import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { MONEY } from './invariants';

const INTERVAL_MS = 500;
/** Enough to show what is wrong. */
const VIOLATIONS_MAX = 20;

/**
 * I6 while the faults are at work: one statement, and so one snapshot, every 500 ms. A database that is gone is asked
 * again; only what it answers counts.
 */
export class MoneyWatch {
  readonly violations = new Set<string>();
  looks = 0;
  private isStopped = false;
  private readonly running: Promise<void>;

  constructor(private readonly urlOf: () => string) {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.running;
  }

  private async run(): Promise<void> {
    let client: Client | undefined;
    while (!this.isStopped) {
      try {
        client ??= await this.connect();
        await this.look(client);
      } catch {
        await client?.end().catch(() => undefined);
        client = undefined; // the database is gone: that is what some scenarios are about
      }
      await sleep(INTERVAL_MS);
    }
    await client?.end().catch(() => undefined);
  }

  private async look(client: Client): Promise<void> {
    const { rows } = await client.query<{ violation: string }>(MONEY);
    this.looks += 1;
    const room = VIOLATIONS_MAX - this.violations.size;
    for (const { violation } of rows.slice(0, room)) this.violations.add(violation);
  }

  private async connect(): Promise<Client> {
    const client = new Client({
      connectionString: this.urlOf(),
      connectionTimeoutMillis: 2_000,
      query_timeout: 5_000,
    });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }
}
