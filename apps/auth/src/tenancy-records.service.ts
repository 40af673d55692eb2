import type { ApplicationContext, KeyContext, TenancyRecord } from '@gateway/contracts';
import { LOGGER, SealError, metrics, type Logger } from '@gateway/platform';
import { Inject, Injectable } from '@nestjs/common';
import { Credentials } from './credentials';
import type { VersionedChange } from './outbox-session.store';
import { TenancyStateStore, type ApplicationState, type KeyState } from './tenancy-state.store';

const unreadableTokens = metrics.counter({
  name: 'gateway_auth_unreadable_tokens_total',
  help: 'Access tokens that did not open: stored under another CREDENTIALS_KEY, or damaged',
});

/** Turns rows into what the other services get to know. */
@Injectable()
export class TenancyRecords {
  constructor(
    private readonly state: TenancyStateStore,
    private readonly credentials: Credentials,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * The record of each change, with the state as it is now: at least as new as the change itself, so that no record
   * with a higher version is older than one with a lower.
   */
  async of(changes: readonly VersionedChange[]): Promise<TenancyRecord[]> {
    const idsOf = (kind: VersionedChange['kind']) => [
      ...new Set(changes.filter((change) => change.kind === kind).map(({ id }) => id)),
    ];
    const keys = await this.state.keys(idsOf('key'));
    const applications = await this.state.applications(idsOf('application'));
    const organizations = await this.state.organizations(idsOf('organization'));
    const sessions = await this.state.sessions(idsOf('session'));
    return changes.map(({ kind, id, version }) => {
      if (kind === 'key') return { kind, id, version, data: this.keyContext(keys.get(id)) };
      if (kind === 'session') return { kind, id, version, data: sessions.get(id) ?? null };
      if (kind === 'organization') {
        return { kind, id, version, data: organizations.get(id) ?? null };
      }
      return { kind, id, version, data: this.applicationContext(applications.get(id)) };
    });
  }

  keyContext(key: KeyState | undefined): KeyContext | null {
    if (key === undefined) return null;
    const { keyId, orgId, appId, environment, expiresAt, limitPerSecond, limitPerMinute } = key;
    const { dailyLimit, concurrencyLimit } = key;
    return {
      keyId,
      orgId,
      appId,
      environment,
      isActive: true,
      expiresAtMs: expiresAt?.getTime() ?? null,
      limitPerSecond,
      limitPerMinute,
      dailyLimit,
      concurrencyLimit,
    };
  }

  applicationContext(application: ApplicationState | undefined): ApplicationContext | null {
    if (application === undefined) return null;
    const { appId, orgId, handle, status, testNumberHashes } = application;
    return { appId, handle, orgId, status, channel: this.channel(application), testNumberHashes };
  }

  /** An application whose token does not open has no channel, and holds up no other. */
  private channel(application: ApplicationState): ApplicationContext['channel'] {
    const { appId, orgId, channelId, phoneNumberId, wabaId, sealedAccessToken } = application;
    if (
      channelId === null ||
      phoneNumberId === null ||
      wabaId === null ||
      sealedAccessToken === null
    ) {
      return null;
    }
    const place = { orgId, table: 'channels', rowId: channelId, field: 'access_token' } as const;
    try {
      const accessToken = this.credentials.open(place, sealedAccessToken);
      const sealed = this.credentials.sealForReaders(appId, accessToken);
      return { phoneNumberId, wabaId, sealedAccessToken: sealed };
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      unreadableTokens.inc();
      this.logger.error({ err: error, appId, channelId }, 'channel.token_unreadable');
      return null;
    }
  }
}
