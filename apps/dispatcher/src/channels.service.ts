import type { ApplicationContext } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import type { Messaging } from '@gateway/messaging';
import { SealError, type Logger, type Sealer } from '@gateway/platform';
import { APPLICATIONS_GRACE_MS, ApplicationsTable } from '@gateway/tenancy';

/** Where and as whom an application's messages are sent. */
export interface Channel {
  readonly phoneNumberId: string;
  /** Names and values in turn, as undici takes them without a copy. */
  readonly headers: string[];
}

export type ChannelAnswer =
  | { readonly kind: 'channel'; readonly channel: Channel }
  /** The application may not send for real: draft, restricted, disconnected, deleted. */
  | { readonly kind: 'inactive' }
  /** Its token does not open with this installation's key. */
  | { readonly kind: 'unreadable' }
  /** What is known here is too old to refuse by. */
  | { readonly kind: 'unsure' };

export interface ChannelsOptions {
  readonly messaging: Pick<Messaging, 'tables' | 'brokerClock'>;
  readonly sealer: Sealer;
  readonly logger: Logger;
}

const TOPIC = 'tenancy.changed.v1';
const PHONE_NUMBER_ID = /^[0-9A-Za-z_-]{1,64}$/;
/** What may stand in a header. */
const TOKEN = /^[\x21-\x7e]{1,4096}$/;

/** The channels of all applications, fed by `tenancy.changed.v1`. */
export class ChannelsService {
  private readonly applications: ApplicationsTable;
  /** Tokens are opened when they are first used: a table of 100,000 applications is read in seconds. */
  private readonly opened = new WeakMap<ApplicationContext, Channel | 'unreadable'>();

  constructor(private readonly options: ChannelsOptions) {
    this.applications = new ApplicationsTable(options);
  }

  /** Reads in the background: a process whose broker is away still starts, and is not ready. */
  start(): void {
    this.applications.start();
  }

  stop(): void {
    this.applications.stop();
  }

  /** Why this process should not get work yet. */
  health(): string | null {
    return this.applications.health();
  }

  /** How an application's messages are sent right now. */
  of(appId: string, orgId: string): ChannelAnswer {
    const nowMs = this.options.messaging.brokerClock.nowMs();
    const { view } = this.applications;
    if (view.ageMs(nowMs) > APPLICATIONS_GRACE_MS) return { kind: 'unsure' };
    const application = view.find(appId);
    if (application?.orgId !== orgId || application.status !== 'ACTIVATED') {
      return { kind: view.isFresh(nowMs) ? 'inactive' : 'unsure' };
    }
    const channel = this.opened.get(application) ?? this.open(application);
    if (channel === null) return { kind: 'inactive' };
    return channel === 'unreadable' ? { kind: 'unreadable' } : { kind: 'channel', channel };
  }

  /**
   * The id of an organization's application.
   * @throws AppError GW_404 when the organization has none of that handle, GW_008 when that is not sure
   */
  ofHandle(orgId: string, handle: string): string {
    const { view } = this.applications;
    const application = view.findByHandle(handle);
    if (application?.orgId === orgId) return application.appId;
    const isSure = view.isFresh(this.options.messaging.brokerClock.nowMs());
    throw new AppError(isSure ? 'GW_404' : 'GW_008');
  }

  private open(application: ApplicationContext): Channel | 'unreadable' | null {
    if (application.channel === null) return null;
    const channel = this.channelOf(application.appId, application.channel);
    this.opened.set(application, channel);
    return channel;
  }

  private channelOf(
    appId: string,
    { phoneNumberId, sealedAccessToken }: NonNullable<ApplicationContext['channel']>,
  ): Channel | 'unreadable' {
    try {
      const sealed = Buffer.from(sealedAccessToken, 'base64');
      const token = this.options.sealer.open(sealed, `${TOPIC}|${appId}`).toString('utf8');
      if (!TOKEN.test(token) || !PHONE_NUMBER_ID.test(phoneNumberId)) return 'unreadable';
      const headers = ['authorization', `Bearer ${token}`, 'content-type', 'application/json'];
      return { phoneNumberId, headers };
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      this.options.logger.error({ err: error, appId }, 'channel.unreadable');
      return 'unreadable';
    }
  }
}
