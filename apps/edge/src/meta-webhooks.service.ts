import { isAscii, isUtf8 } from 'node:buffer';
import { Inject, Injectable } from '@nestjs/common';
import { recordOf } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { MESSAGING, type Messaging } from '@gateway/messaging';
import { CLOCK, LOGGER, isEqualConstantTime, type Clock, type Logger } from '@gateway/platform';
import { isJsonContentType } from './domain/content-type';
import { JsonSyntaxError } from './domain/json-cursor';
import { NotAWebhookError, cutWebhook, type MetaUpdate } from './domain/meta-updates';
import { EDGE_CONFIG, type EdgeConfig } from './edge.config';
import { edgeMetrics } from './edge-metrics';
import { digestOf, isSignedBy } from './meta-signature';

/** A webhook as it came in; nothing of it is believed before its signature. */
export interface RawMetaWebhook {
  readonly body: Buffer;
  readonly contentType: string | undefined;
  /** `X-Hub-Signature-256`. */
  readonly signature: string | undefined;
}

/** What is not acknowledged by then is refused, within the 2 s that a sender may wait; Meta sends it again. */
const PRODUCE_TIMEOUT_MS = 1_800;
const RETRY_AFTER_SECONDS = 1;
const CHALLENGE = /^[\x20-\x7e]{1,512}$/;

/** What the edge does with Meta's webhooks: verified over their bytes, cut into updates, answered once durable. */
@Injectable()
export class MetaWebhooksService {
  private readonly secrets: readonly string[];

  constructor(
    @Inject(MESSAGING) private readonly messaging: Messaging,
    @Inject(EDGE_CONFIG) private readonly config: EdgeConfig,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const { metaAppSecret, metaAppSecretPrevious } = config;
    this.secrets = [metaAppSecret, metaAppSecretPrevious].filter((secret) => secret !== undefined);
  }

  /**
   * The challenge of Meta's handshake.
   *
   * @throws AppError WH_001
   */
  challengeOf(query: Readonly<Record<string, unknown>>): string {
    const { 'hub.mode': mode, 'hub.challenge': challenge, 'hub.verify_token': token } = query;
    const isKnown =
      typeof token === 'string' && isEqualConstantTime(token, this.config.metaVerifyToken);
    if (!isKnown || mode !== 'subscribe' || typeof challenge !== 'string') {
      throw new AppError('WH_001');
    }
    if (!CHALLENGE.test(challenge)) throw new AppError('WH_001');
    return challenge;
  }

  /**
   * Resolves once every update of the webhook is durable.
   *
   * @throws AppError WH_002 to WH_005, GW_009
   */
  async take({ body, contentType, signature }: RawMetaWebhook): Promise<void> {
    if (signature === undefined) throw new AppError('WH_002');
    const digest = digestOf(signature);
    if (!digest || !isSignedBy(this.secrets, body, digest)) throw new AppError('WH_003');
    if (!isJsonContentType(contentType)) throw new AppError('GW_009');
    const updates = updatesOf(body);
    this.count(updates);
    const records = updates.map(({ key, value }) => recordOf('meta.event.v1', key, value));
    const deadlineMs = this.clock.nowMs() + PRODUCE_TIMEOUT_MS;
    try {
      await this.messaging.producer.sendAll(records, { deadlineMs });
    } catch (cause) {
      throw new AppError('WH_005', { cause, retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
  }

  private count(updates: readonly MetaUpdate[]): void {
    const broken = updates.filter(({ isBroken }) => isBroken).length;
    edgeMetrics.metaUpdates.inc({ state: 'whole' }, updates.length - broken);
    if (broken === 0) return;
    edgeMetrics.metaUpdates.inc({ state: 'broken' }, broken);
    this.logger.error({ count: broken, records: updates.length }, 'meta.update-broken');
  }
}

function updatesOf(body: Buffer): MetaUpdate[] {
  if (!isAscii(body) && !isUtf8(body)) throw new AppError('WH_004');
  try {
    return cutWebhook(body);
  } catch (error) {
    if (error instanceof JsonSyntaxError || error instanceof NotAWebhookError) {
      throw new AppError('WH_004', { cause: error });
    }
    throw error;
  }
}
