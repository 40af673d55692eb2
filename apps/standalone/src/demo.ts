import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SimulatedPhoneNumber } from './simulator-process';

/** What a newcomer needs for the first message; `data/demo.json`. */
export interface Demo {
  /** Where the gateway listens. */
  readonly url: string;
  /** Where its owner signs in with a browser. */
  readonly dashboardUrl: string;
  /** Handle of the demo application. */
  readonly appId: string;
  readonly productionKey: string;
  readonly stagingKey: string;
  /** The demo organization's owner: who signs in. */
  readonly email: string;
  readonly password: string;
}

/** Writes `demo.json`, readable by the owner alone: it holds keys. */
export function writeDemo(dataDir: string, demo: Demo): void {
  const path = join(dataDir, 'demo.json');
  writeFileSync(path, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 });
  chmodSync(path, 0o600); // the mode above counts only when the file is new
}

interface BannerParts {
  readonly profile: string;
  readonly demo: Demo;
  /** Absent when the gateway talks to the real Meta. */
  readonly simulatorUrl?: string;
  readonly freePhoneNumber?: SimulatedPhoneNumber;
  /** Whether webhooks may go to this machine. */
  readonly isLoopbackOpen: boolean;
  readonly readyMs: number;
}

/** Plain text for the terminal, printed once everything is ready. */
export function banner({
  profile,
  demo,
  simulatorUrl,
  freePhoneNumber: free,
  isLoopbackOpen,
  readyMs,
}: BannerParts): string {
  const lines = [
    '',
    `WhatsApp gateway, ${profile}, ready in ${(readyMs / 1000).toFixed(1)} s`,
    '',
    `  API          ${demo.url}/v1/wa/message`,
    `  Dashboard    ${demo.dashboardUrl}`,
    `  Swagger UI   ${demo.url}/docs`,
    ...(simulatorUrl === undefined
      ? []
      : [`  Meta         simulated; what it accepted: ${simulatorUrl}/_simulator/sends`]),
    ...(free === undefined
      ? []
      : [
          `  Free number  ${free.phoneNumberId}, account ${free.wabaId}, token ${free.accessToken}`,
        ]),
    `  Demo app     ${demo.appId}`,
    `  Production   ${demo.productionKey}`,
    `  Staging      ${demo.stagingKey}`,
    `  Sign-in      ${demo.email} ${demo.password}`,
    '',
    'Send a message:',
    '',
    firstCurl(demo),
    '',
    ...(isLoopbackOpen
      ? ['Webhooks may go to this machine over http (WEBHOOK_ALLOW_LOOPBACK=true).', '']
      : []),
    'Ctrl-C stops everything; the data stays.',
    '',
  ];
  return lines.join('\n');
}

/** One line, so that it works when pasted. */
export function firstCurl(demo: Pick<Demo, 'url' | 'productionKey'>): string {
  const body = `{"messaging_product":"whatsapp","to":"905321234567","type":"text","text":{"body":"Hello!"}}`;
  return `curl -i ${demo.url}/v1/wa/message -H 'Authorization: Bearer ${demo.productionKey}' -H 'Content-Type: application/json' -d '${body}'`;
}
