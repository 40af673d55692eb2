import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { BREAK_ANSWER } from './broken-answers';
import { BROKEN_ANSWERS, faultName, faultOfRecipient, type Fault } from './domain/faults';
import { freePhoneNumberByToken } from './domain/phone-numbers';
import { metaError, metaErrorBody, type MetaError } from './domain/meta-errors';
import { readSendRequest, type Endpoint, type SendRequest } from './domain/send-request';
import { Throughput } from './domain/throughput';
import type { FaultRules } from './fault-rules';
import { answerJson, parseJson, readBody } from './http';
import type { MessageStatuses } from './message-statuses';
import type { PhoneNumbers } from './phone-numbers';
import type { AcceptedSend, SendsLedger } from './sends-ledger';
import type { SignupCodes } from './signup-codes';

const BODY_BYTES_MAX = 1_048_576;
const SEND_PATH = /^\/v\d+\.\d+\/(\d{1,32})\/(messages|marketing_messages)(?:\?|$)/;
const OBJECT_PATH = /^\/v\d+\.\d+\/(\d{1,32})(?:\/(phone_numbers|subscribed_apps))?(?:\?|$)/;
const PHONE_NUMBERS_MAX = 10_000;

interface GraphOptions {
  /** The one token that is valid; undefined: every token that begins like Meta's. */
  readonly accessToken?: string;
  /** Sends a second of one phone number above which 130429 is answered; 0: no limit. */
  readonly throughputPerSecond: number;
}

type Accepted = Exclude<SendRequest, { kind: 'refused' }>;

/** What is Meta's: the routes of the Graph API that a gateway calls. */
export class GraphController {
  private readonly throughputs = new Map<string, Throughput>();

  constructor(
    private readonly options: GraphOptions,
    private readonly sends: SendsLedger,
    private readonly faultRules: FaultRules,
    private readonly people: {
      readonly numbers: PhoneNumbers;
      readonly statuses: MessageStatuses;
      /** A new id of a message with this person, in digits. */
      readonly nextWamid: (waId: string) => string;
      readonly codes: SignupCodes;
    },
  ) {}

  handle(request: IncomingMessage, response: ServerResponse): void {
    if (this.hasExchangedCode(request, response)) return;
    const token = tokenOf(request.headers.authorization);
    if (token === null || !this.isValid(token)) {
      this.refuse(response, metaError(token === null ? 0 : 190), request);
      return;
    }
    const send = request.method === 'POST' ? SEND_PATH.exec(request.url ?? '') : null;
    if (!send) {
      this.answerObject(token, request, response);
      return;
    }
    const [, phoneNumberId = '', endpoint = ''] = send;
    if (!this.people.numbers.mayUse(token, phoneNumberId)) {
      this.refuse(response, MISSING, request);
      return;
    }
    readBody(request, BODY_BYTES_MAX, (body) => {
      this.send(phoneNumberId, endpoint as Endpoint, body, response);
    });
  }

  /** The one thing that is asked without a token. */
  private hasExchangedCode(request: IncomingMessage, response: ServerResponse): boolean {
    const { method, url = '' } = request;
    const exchange = method === 'GET' ? this.people.codes.answer(url) : null;
    if (exchange === null) return false;
    if ('error' in exchange) this.refuse(response, exchange.error, request);
    else answerJson(response, 200, exchange.json);
    return true;
  }

  private answerObject(token: string, request: IncomingMessage, response: ServerResponse): void {
    const [path, id = '', edge] = OBJECT_PATH.exec(request.url ?? '') ?? [];
    const isKnown = path !== undefined && this.people.numbers.mayUse(token, id);
    const json = isKnown ? this.objectJson(id, edge, request.method ?? '') : null;
    if (json === null) {
      this.refuse(response, MISSING, request);
      return;
    }
    request.resume();
    answerJson(response, 200, json);
  }

  private isValid(token: string): boolean {
    const { accessToken } = this.options;
    if (accessToken === undefined) return token.startsWith('EAA');
    return token === accessToken || freePhoneNumberByToken(token) !== null;
  }

  /** A phone number or an account, or what hangs on it; null when there is no such thing. */
  private objectJson(id: string, edge: string | undefined, method: string): string | null {
    const { numbers } = this.people;
    if (edge === 'subscribed_apps') {
      if (method === 'GET') return subscribedAppsJson(numbers.hasSubscribed(id));
      if (method !== 'POST' && method !== 'DELETE') return null;
      numbers.setSubscribed(id, method === 'POST');
      return '{"success":true}';
    }
    if (method !== 'GET') return null;
    const ofAccount = numbers.ofAccount(id);
    if (edge === 'phone_numbers') return ofAccount && phoneNumbersJson(ofAccount);
    return ofAccount
      ? JSON.stringify({ id, name: 'Meta simulator', timezone_id: '1' })
      : JSON.stringify(phoneNumber(id));
  }

  private send(
    phoneNumberId: string,
    endpoint: Endpoint,
    body: Buffer | null,
    response: ServerResponse,
  ): void {
    const asked = readSendRequest(body && parseJson(body), endpoint);
    if (body === null || asked.kind === 'refused') {
      this.refuse(response, asked.kind === 'refused' ? asked.error : metaError(100));
      return;
    }
    const recipient = asked.kind === 'message' ? asked.waId : null;
    const fault = this.faultOf(phoneNumberId, recipient);
    if (fault?.kind === 'error') {
      this.refuse(response, fault.error);
      return;
    }
    const id = recipient === null ? null : this.people.nextWamid(recipient);
    if (isAcceptedWith(fault)) {
      this.accept(asked, {
        wamid: id,
        phoneNumberId,
        endpoint,
        body,
        fault: fault && faultName(fault),
      });
    }
    answer(response, answerTo(asked, id ?? ''), fault);
  }

  private accept(asked: Accepted, send: Omit<AcceptedSend, 'atMs'>): void {
    this.sends.append({ ...send, atMs: Date.now() });
    const { wamid, phoneNumberId, endpoint } = send;
    if (wamid === null || asked.kind !== 'message') return;
    const isMarketingMessage = endpoint === 'marketing_messages';
    this.people.statuses.follow({ ...asked, wamid, phoneNumberId, isMarketingMessage });
  }

  /** The control endpoint's faults go before those of magic recipients. */
  private faultOf(phoneNumberId: string, recipient: string | null): Fault | null {
    const nowMs = performance.now();
    if (this.isOverThroughput(phoneNumberId, nowMs)) {
      return { kind: 'error', error: metaError(130429) };
    }
    const fault = this.faultRules.take(phoneNumberId, recipient, nowMs);
    if (fault?.kind === 'throughput') return { kind: 'error', error: metaError(130429) };
    return fault ?? (recipient === null ? null : faultOfRecipient(recipient));
  }

  private isOverThroughput(phoneNumberId: string, nowMs: number): boolean {
    const { throughputPerSecond } = this.options;
    if (throughputPerSecond === 0) return false;
    let throughput = this.throughputs.get(phoneNumberId);
    if (!throughput) {
      if (this.throughputs.size >= PHONE_NUMBERS_MAX) this.throughputs.clear();
      throughput = new Throughput(throughputPerSecond);
      this.throughputs.set(phoneNumberId, throughput);
    }
    return !throughput.admit(nowMs);
  }

  private refuse(response: ServerResponse, error: MetaError, unread?: IncomingMessage): void {
    unread?.resume();
    const traceId = `A${randomBytes(16).toString('base64url')}`;
    answerJson(response, error.status, metaErrorBody(error, traceId));
  }
}

const isAcceptedWith = (fault: Fault | null): boolean =>
  fault === null ||
  fault.kind === 'latency' ||
  (fault.kind in BROKEN_ANSWERS &&
    BROKEN_ANSWERS[fault.kind as keyof typeof BROKEN_ANSWERS].isAccepted);

function answerTo(asked: Accepted, id: string): string {
  if (asked.kind === 'mark-as-read') return '{"success":true}';
  const status = asked.template !== null ? ',"message_status":"accepted"' : '';
  return (
    `{"messaging_product":"whatsapp","contacts":[{"input":${JSON.stringify(asked.input)},` +
    `"wa_id":"${asked.waId}"}],"messages":[{"id":"${id}"${status}}]}`
  );
}

function answer(response: ServerResponse, json: string, fault: Fault | null): void {
  if (fault === null) {
    answerJson(response, 200, json);
  } else if (fault.kind === 'latency') {
    const timer = setTimeout(() => {
      answerJson(response, 200, json);
    }, fault.latencyMs);
    response.on('close', () => {
      clearTimeout(timer);
    });
  } else if (fault.kind !== 'error' && fault.kind !== 'throughput') {
    BREAK_ANSWER[fault.kind](response, json);
  }
}

/** 100/33: what is not there and what is not allowed look alike. */
const MISSING: MetaError = { ...metaError(100), status: 400, subcode: 33, details: null };

const tokenOf = (authorization: string | undefined): string | null =>
  authorization?.startsWith('Bearer ') ? authorization.slice('Bearer '.length) : null;

const subscribedAppsJson = (isSubscribed: boolean): string =>
  JSON.stringify({
    data: isSubscribed
      ? [{ whatsapp_business_api_data: { id: '1', name: 'gateway', link: 'https://example.com/' } }]
      : [],
  });

const phoneNumbersJson = (ids: readonly string[]): string =>
  JSON.stringify({ data: ids.map(phoneNumber), paging: { cursors: { before: 'a', after: 'b' } } });

const phoneNumber = (id: string) => ({
  verified_name: 'Meta simulator',
  code_verification_status: 'VERIFIED',
  display_phone_number: '+1 555-010-0000',
  quality_rating: 'GREEN',
  platform_type: 'CLOUD_API',
  throughput: { level: 'STANDARD' },
  id,
});
