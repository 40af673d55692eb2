import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CONTROL_PREFIX, ControlController, type SimulatorLifecycle } from './control.controller';
import { Agenda } from './domain/agenda';
import { FaultRules } from './fault-rules';
import { GraphController } from './graph.controller';
import { installationRoutes } from './installation.controller';
import { MessageStatuses } from './message-statuses';
import { Outbox } from './outbox';
import { PhoneNumbers } from './phone-numbers';
import { SendsLedger } from './sends-ledger';
import { wamidMaker } from './wamids';
import { SignupCodes } from './signup-codes';
import { WebhookSender } from './webhook-sender';
import { DEFAULT_SETTINGS, WebhookSettings, type WebhookSettingsValues } from './webhook-settings';
import { WebhooksController } from './webhooks.controller';
import { WebhooksLedger } from './webhooks-ledger';

interface SimulatorOptions {
  /** 0 takes a free port. */
  readonly port: number;
  readonly host?: string;
  /** The one token that is valid; absent: every token that begins with `EAA`. */
  readonly accessToken?: string;
  /** Sends a second of one phone number above which 130429 is answered; absent or 0: no limit. */
  readonly throughputPerSecond?: number;
  readonly sendsMax?: number;
  readonly sendsBytesMax?: number;
  /** Where webhooks go and how; none without a URL. */
  readonly webhooks?: Partial<WebhookSettingsValues>;
  /** Shows a line to whoever started it. */
  readonly print?: (line: string) => void;
  readonly lifecycle?: SimulatorLifecycle;
}

/** Both are also the defaults of the variables. */
export const SENDS_MAX = 1_000_000;
export const SENDS_BYTES_MAX = 536_870_912;

/** Longer than any client keeps an idle connection, so that it is never the simulator who closes one under a send. */
const KEEP_ALIVE_TIMEOUT_MS = 120_000;

const AGENDA_BUCKET_MS = 20;
/** A minute of three statuses each for 3,000 messages a second, and all that waits to be repeated. */
const AGENDA_JOBS_MAX = 1_000_000;
const WEBHOOKS_MAX = 500_000;
const WEBHOOKS_BYTES_MAX = 268_435_456;

export interface Simulator {
  readonly url: string;
  readonly port: number;
  /** Ends every connection, answered or not. */
  stop(): Promise<void>;
}

/** Starts a Meta of its own memory: what stands for Meta's Cloud API in development, tests and benchmarks. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { port, host = '127.0.0.1', accessToken, throughputPerSecond = 0 } = options;
  const { sendsMax = SENDS_MAX, sendsBytesMax = SENDS_BYTES_MAX } = options;
  const sends = new SendsLedger({ entriesMax: sendsMax, bytesMax: sendsBytesMax });
  const faultRules = new FaultRules();
  const meta = startMeta(options);
  const { numbers, statuses, nextWamid, outbox, webhooks, codes } = meta;
  const graph = new GraphController({ accessToken, throughputPerSecond }, sends, faultRules, {
    numbers,
    statuses,
    nextWamid,
    codes,
  });
  const routes = { ...webhooks.routes, ...installationRoutes(numbers, outbox) };
  const control = new ControlController(sends, faultRules, routes, options.lifecycle);
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS }, (request, response) => {
    (request.url?.startsWith(CONTROL_PREFIX) ? control : graph).handle(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    port: address.port,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await Promise.all([closed, meta.stop()]);
    },
  };
}

/** What happens at Meta behind an answered send. */
function startMeta({ webhooks: given = {}, print = () => undefined }: SimulatorOptions) {
  const settings = new WebhookSettings({ ...DEFAULT_SETTINGS, ...given });
  const agenda = new Agenda(AGENDA_BUCKET_MS, AGENDA_JOBS_MAX);
  const ledger = new WebhooksLedger({ entriesMax: WEBHOOKS_MAX, bytesMax: WEBHOOKS_BYTES_MAX });
  const numbers = new PhoneNumbers(Math.random);
  const nextWamid = wamidMaker();
  const sender = new WebhookSender({ settings, ledger, agenda, random: Math.random });
  const statuses = new MessageStatuses({ settings, sender, agenda, numbers });
  const forgetPlans = (): void => {
    agenda.clear();
  };
  const timer = setInterval(() => {
    agenda.run(performance.now());
  }, AGENDA_BUCKET_MS);
  return {
    numbers,
    statuses,
    nextWamid,
    codes: new SignupCodes(() => settings.current.appSecret),
    outbox: new Outbox(print),
    webhooks: new WebhooksController({ settings, sender, ledger, numbers, nextWamid, forgetPlans }),
    stop: async (): Promise<void> => {
      clearInterval(timer);
      agenda.clear();
      await sender.stop();
    },
  };
}
