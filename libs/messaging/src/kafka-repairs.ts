import consumerGroup from 'kafkajs/src/consumer/consumerGroup';
import connection from 'kafkajs/src/network/connection';
import requestQueue from 'kafkajs/src/network/requestQueue';
import decoder from 'kafkajs/src/protocol/decoder';
import protocolErrors from 'kafkajs/src/protocol/error';
import checksum from 'kafkajs/src/protocol/recordBatch/crc32C';
import fetchRequest from 'kafkajs/src/protocol/requests/fetch';
import fetchResponse from 'kafkajs/src/protocol/requests/fetch/v11/response';
import produceRequest from 'kafkajs/src/protocol/requests/produce';
import produceResponse3 from 'kafkajs/src/protocol/requests/produce/v3/response';
import produceResponse4 from 'kafkajs/src/protocol/requests/produce/v4/response';
import produceResponse5 from 'kafkajs/src/protocol/requests/produce/v5/response';
import produceResponse6 from 'kafkajs/src/protocol/requests/produce/v6/response';
import produceResponse7 from 'kafkajs/src/protocol/requests/produce/v7/response';
import type { Socket } from 'node:net';
import type { DescribedMember, FetchedBatch, GroupMembership } from './kafka-membership';
import { decodeFetch } from './kafka-fetch-decoder';
import { encodeFetch } from './kafka-fetch-encoder';
import { encodeProduce, type ProduceRequest } from './kafka-produce-encoder';

/**
 * Repairs of kafkajs 2.2.4, which nobody maintains, on its inside; pinned to that version. Applied once, when this
 * file is loaded.
 */

interface RequestQueue {
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  readonly enforceRequestTimeout: boolean;
  readonly inflight: ReadonlyMap<number, SocketRequest>;
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  checkPendingRequests(): void;
  destroy: (this: RequestQueue) => void;
  isConnected(): boolean;
  scheduleCheckPendingRequests(): void;
  scheduleRequestTimeoutCheck(): void;
}

interface SocketRequest {
  readonly sentAt: number;
  readonly requestTimeout: number;
  timeoutRequest(): void;
}

interface Connection {
  socket?: Socket;
  chunks: Buffer[];
  bytesBuffered: number;
  bytesNeeded: number;
  connect: (this: Connection) => Promise<boolean>;
  isConnected(): boolean;
}

interface Coordinator {
  describeGroups(request: {
    groupIds: string[];
  }): Promise<{ groups: { readonly members: DescribedMember[]; readonly state: string }[] }>;
}

interface ConsumerGroup {
  memberId: string | null;
  readonly groupId: string;
  readonly cluster: { findGroupCoordinator(group: { groupId: string }): Promise<Coordinator> };
  readonly assigners: readonly { readonly membership?: GroupMembership }[];
  fetch: (this: ConsumerGroup, nodeId: string) => Promise<FetchedBatch[]>;
}

interface Decoder {
  readVarInt(): number;
  readVarIntArray(read: (decoder: Decoder) => HeaderEntry): unknown;
}

/** A request as kafkajs sends it, with how its answer is read. */
interface Exchange {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    readonly expectResponse?: () => boolean;
    readonly encode: () => Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
  };
  readonly response: ResponseReader;
  readonly requestTimeout?: number;
}

interface ResponseReader {
  readonly decode: (payload: Buffer) => Promise<unknown>;
  readonly parse: (data: unknown) => Promise<unknown>;
}

type Exchanging<Request> = (request: Request) => Exchange;

interface HeaderEntry {
  readonly key: string;
  readonly value: Buffer;
}

const PENDING_CHECK_MS = 10;

/** kafkajs arms a timer of 1 ms for ever, on each connection: 2.5 % of a core for a process that does nothing. */
function stopIdleTimer(): void {
  const { prototype } = requestQueue as { prototype: RequestQueue };
  prototype.scheduleCheckPendingRequests = function () {
    if (this.throttleCheckTimeoutId || this.pending.length === 0) return;
    const delayMs = this.throttledUntil - Date.now();
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      delayMs > 0 ? delayMs : PENDING_CHECK_MS,
    );
  };
}

const TIMEOUT_CHECK_MS = 500;

/** kafkajs looks for requests without an answer every 100 ms on each connection: a hundred wake-ups a second, idle. */
function shareTimeoutCheck(): void {
  const { prototype } = requestQueue as { prototype: RequestQueue };
  const { destroy } = prototype;
  const watched = new Set<RequestQueue>();
  let timer: NodeJS.Timeout | undefined;
  const check = (): void => {
    const now = Date.now();
    for (const queue of watched) {
      for (const request of queue.inflight.values()) {
        if (now - request.sentAt > request.requestTimeout) request.timeoutRequest();
      }
      if (!queue.isConnected()) queue.destroy();
    }
  };
  prototype.scheduleRequestTimeoutCheck = function () {
    if (!this.enforceRequestTimeout) return;
    watched.add(this);
    timer ??= setInterval(check, TIMEOUT_CHECK_MS);
  };
  prototype.destroy = function () {
    destroy.call(this);
    watched.delete(this);
    if (watched.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

const ANSWER_SIZE_BYTES = 4;

/**
 * kafkajs keeps what it has of an answer when the connection breaks in its midst, and reads the bytes of the next
 * connection behind it: no answer is understood any more, for ever. It also opens a connection for each request that
 * finds none, and hears them all.
 */
function startConnectionsClean(): void {
  const { prototype } = connection as { prototype: Connection };
  const { connect } = prototype;
  const opening = new WeakMap<Connection, Promise<boolean>>();
  prototype.connect = function () {
    if (this.isConnected()) return Promise.resolve(true);
    const underWay = opening.get(this);
    if (underWay) return underWay;
    this.socket?.destroy();
    this.chunks = [];
    this.bytesBuffered = 0;
    this.bytesNeeded = ANSWER_SIZE_BYTES;
    const opened = connect.call(this).finally(() => opening.delete(this));
    opening.set(this, opened);
    return opened;
  };
}

/** kafkajs copies all headers for each header: a record with ten thousand of them stalls the process for seconds. */
function foldHeadersOnce(): void {
  const { prototype } = decoder as { prototype: Decoder };
  prototype.readVarIntArray = function (read) {
    const headers: Record<string, Buffer> = {};
    const count = this.readVarInt();
    for (let index = 0; index < count; index += 1) {
      const { key, value } = read(this);
      if (key !== '__proto__' && !Object.hasOwn(headers, key)) headers[key] = value;
    }
    // Its only caller folds the list into this very object.
    return { reduce: () => headers };
  };
}

/** A consumer joins with the member id that it had, or that its dead self has. */
function rejoinAsOneself(): void {
  const { prototype } = consumerGroup as {
    prototype: ConsumerGroup & Record<symbol, (this: ConsumerGroup) => Promise<void>>;
  };
  const join = Object.getOwnPropertySymbols(prototype).find(
    (symbol) => symbol.description === 'private:ConsumerGroup:join',
  );
  const joinGroup = join && prototype[join];
  if (!joinGroup) throw new Error('this kafkajs is not the version that is repaired here');

  prototype[join] = async function () {
    const membership = this.assigners[0]?.membership;
    if (!membership) {
      await joinGroup.call(this);
      return;
    }
    this.memberId ??= await membership.memberIdToJoin(() => describe(this));
    try {
      await joinGroup.call(this);
    } catch (error) {
      if ((error as { readonly type?: string }).type === 'UNKNOWN_MEMBER_ID') membership.forget();
      throw error;
    }
    if (this.memberId !== null) membership.joined(this.memberId);
  };
}

/** kafkajs takes every partition of an answer through its queues, the empty ones too: at low load nearly all. */
function takeWhatIsThere(): void {
  const { prototype } = consumerGroup as { prototype: ConsumerGroup };
  const { fetch } = prototype;
  prototype.fetch = async function (nodeId) {
    const batches = await fetch.call(this, nodeId);
    this.assigners[0]?.membership?.onFetched?.(batches);
    return batches.filter(({ rawMessages }) => rawMessages.length > 0);
  };
}

const DESCRIBE_ATTEMPTS = 5;
const DESCRIBE_PAUSE_MS = 100;

/** While a group rebalances its members' user data is hidden; often that is over within moments. */
async function describe(group: ConsumerGroup): Promise<readonly DescribedMember[]> {
  const { groupId } = group;
  for (let attempt = 1; ; attempt += 1) {
    const coordinator = await group.cluster.findGroupCoordinator({ groupId });
    const { groups } = await coordinator.describeGroups({ groupIds: [groupId] });
    const members = groups[0]?.members ?? [];
    const isHidden = members.some(({ memberMetadata }) => memberMetadata.length === 0);
    if (!isHidden || attempt === DESCRIBE_ATTEMPTS) return members;
    await new Promise((resolve) => setTimeout(resolve, DESCRIBE_PAUSE_MS));
  }
}

/** A failed partition fails the whole request, and with its retry the others are written twice: the answer is kept. */
function keepProduceAnswers(): void {
  const responses = [
    produceResponse3,
    produceResponse4,
    produceResponse5,
    produceResponse6,
    produceResponse7,
  ] as { parse: (data: unknown) => Promise<unknown> }[];
  for (const response of responses) response.parse = (data) => Promise.resolve(data);
}

const PRODUCE_VERSION = 7;
const FETCH_VERSION = 11;
/** A fetch that finds nothing is answered after its wait; the network may take a while longer. */
const FETCH_GRACE_MS = 5_000;

/**
 * The two requests of the path, of which there are so many that kafkajs' own way of writing and reading them is most of
 * what they cost; it also looks for the files of a request each time that one is made.
 */
function exchangeInOnePass(): void {
  const crc32C = checksum as (bytes: Buffer) => number;
  const produced = produceResponse7 as ResponseReader;
  const fetched = fetchResponse as ResponseReader;
  const fetchedInOnePass: ResponseReader = {
    decode: async (payload) => decodeFetch(payload) ?? (await fetched.decode(payload)),
    parse: fetched.parse,
  };
  replaceExchange(produceRequest, PRODUCE_VERSION, (request: ProduceRequest) => ({
    request: {
      apiKey: 0,
      apiVersion: PRODUCE_VERSION,
      apiName: 'Produce',
      expectResponse: () => true,
      encode: () => encoded(encodeProduce(request, crc32C)),
    },
    response: produced,
  }));
  replaceExchange(fetchRequest, FETCH_VERSION, (request: Parameters<typeof encodeFetch>[0]) => ({
    request: {
      apiKey: 1,
      apiVersion: FETCH_VERSION,
      apiName: 'Fetch',
      encode: () => encoded(encodeFetch(request)),
    },
    response: fetchedInOnePass,
    requestTimeout: request.maxWaitTime + FETCH_GRACE_MS,
  }));
}

function replaceExchange<Request>(
  request: unknown,
  replaced: number,
  exchange: Exchanging<Request>,
): void {
  const definitions = request as {
    readonly versions: readonly string[];
    protocol: (of: { readonly version: number }) => Exchanging<never>;
  };
  const { protocol, versions } = definitions;
  if (!versions.includes(String(replaced))) {
    throw new Error('this kafkajs is not the version that is repaired here');
  }
  definitions.protocol = (of) => (of.version === replaced ? exchange : protocol(of));
}

/** What kafkajs asks of an encoder. */
const encoded = (buffer: Buffer): Promise<{ readonly buf: Buffer; readonly buffer: Buffer }> =>
  Promise.resolve({ buf: buffer, buffer });

const { createErrorFromCode } = protocolErrors as {
  createErrorFromCode: (code: number) => Error;
};

/** The error that kafkajs makes of a code of the protocol. */
export const protocolError = (code: number): Error => createErrorFromCode(code);

stopIdleTimer();
shareTimeoutCheck();
startConnectionsClean();
foldHeadersOnce();
keepProduceAnswers();
exchangeInOnePass();
rejoinAsOneself();
takeWhatIsThere();
