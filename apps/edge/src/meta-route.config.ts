import { AppError } from '@gateway/errors';
import type { FastifyInstance, FastifyReply, FastifyRequest, RequestPayload } from 'fastify';
import { digestOf } from './meta-signature';

/** Marks a route, with `@RouteConfig`, that Meta calls. */
export const FROM_META = { access: 'meta' } as const;

const BODY_BYTES_MAX = 3 * 1_048_576;
/** Of all webhooks that are being read or made durable: whoever has not signed yet can send as much as anybody. */
const BUFFERED_BYTES_MAX = 96 * 1_048_576;
const RETRY_AFTER_SECONDS = 1;

type Done = (error?: Error) => void;
type DoneParsing = (error?: Error | null, payload?: RequestPayload) => void;

/** What Meta's route allows that no other does, and what it asks for; to be called before routes are registered. */
export function configureMetaRoute(instance: FastifyInstance): void {
  const buffered = new BufferedBytes();
  instance.addHook('onRoute', (route) => {
    // Meta's handshake is not signed.
    if (route.config?.access !== 'meta' || route.method !== 'POST') return;
    route.bodyLimit = BODY_BYTES_MAX;
    route.onRequest = (request: FastifyRequest, _reply: FastifyReply, done: Done) => {
      done(refusalOf(request) ?? buffered.refusal());
    };
    route.preParsing = (
      request: FastifyRequest,
      reply: FastifyReply,
      payload: RequestPayload,
      done: DoneParsing,
    ) => {
      buffered.count(request, reply, payload);
      done(null, payload);
    };
  });
}

/** Before the body is read: who does not even look like Meta makes the gateway read nothing. */
function refusalOf({ headers }: FastifyRequest): AppError | undefined {
  const signature = headers['x-hub-signature-256'];
  if (signature === undefined) return new AppError('WH_002');
  return typeof signature === 'string' && digestOf(signature) ? undefined : new AppError('WH_003');
}

class BufferedBytes {
  private bytes = 0;

  refusal(): AppError | undefined {
    return this.bytes < BUFFERED_BYTES_MAX
      ? undefined
      : new AppError('WH_005', { retryAfterSeconds: RETRY_AFTER_SECONDS });
  }

  /** From the first byte until its answer is sent or its connection ends. */
  count(request: FastifyRequest, reply: FastifyReply, payload: RequestPayload): void {
    let own = 0;
    payload.on('data', (chunk: Buffer) => {
      own += chunk.length;
      this.bytes += chunk.length;
      if (this.bytes > BUFFERED_BYTES_MAX) request.raw.destroy();
    });
    reply.raw.once('close', () => {
      this.bytes -= own;
      own = 0;
    });
  }
}
