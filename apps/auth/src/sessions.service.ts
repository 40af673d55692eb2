import {
  ACCESS_TOKEN,
  type ClientOrigin,
  type CommandReply,
  type SessionReference,
  type SessionTokens,
} from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { CLOCK, type Clock } from '@gateway/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { parseRefreshToken, refreshDecision } from './domain/refresh-token';
import { MembershipsStore } from './memberships.store';
import { SessionsStore, type SessionChange, type SessionRow } from './sessions.store';
import type { TenancyChange } from './tenancy-changes.service';
import { TokenIssuer } from './token-issuer.service';

/** However often it is refreshed, a session ends after this. */
const SESSION_MS = 30 * 24 * 3_600_000;
/** Longer than any token that was made before a change is good for, with the edge's tolerance. */
const PUBLISHED_MS = ACCESS_TOKEN.lifetimeSeconds * 1_000 + 60_000;

@Injectable()
export class SessionStores {
  constructor(
    readonly sessions: SessionsStore,
    readonly memberships: MembershipsStore,
  ) {}
}

/** Sessions: what a signed-in client holds, and until when. Changes are made inside the caller's `TenancyChange`. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly stores: SessionStores,
    private readonly issuer: TokenIssuer,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async check(
    sessionId: string,
    tokenVersion: number,
  ): Promise<CommandReply<'auth', 'session.check'>> {
    const { manager } = this.dataSource;
    const at = new Date(this.clock.nowMs());
    const isInForce = await this.stores.sessions.isInForce(manager, sessionId, tokenVersion, at);
    return { isInForce };
  }

  /** Signs a user in: a new session with its first tokens. */
  async open(
    change: TenancyChange,
    userId: string,
    client: ClientOrigin['kind'],
  ): Promise<SessionTokens> {
    const { manager, at } = change;
    const id = change.newId();
    const session: SessionRow = {
      id,
      userId,
      client,
      generation: 1,
      rotatedAt: at,
      sealedRefreshSecret: this.issuer.newSecret({ id, userId }),
      tokenVersion: 1,
      createdAt: at,
      expiresAt: new Date(at.getTime() + SESSION_MS),
    };
    await this.stores.sessions.insert(manager, session);
    publish(change, await this.stores.sessions.endSurplus(manager, userId, changeOf(change)));
    const membership = await this.stores.memberships.ofUser(manager, userId);
    const orgId = membership?.orgId ?? null;
    change.audit({ orgId, action: 'session.opened', entityId: id, details: { client } });
    return this.issuer.tokens(session, membership, at);
  }

  /**
   * The next tokens for a refresh token; the same once more while its answer may have been lost. Whoever comes later
   * with a token that was used up has stolen it, or was stolen from: the session ends.
   * @returns null when the token is not good
   */
  async refresh(change: TenancyChange, refreshToken: string): Promise<SessionTokens | null> {
    const { manager, at } = change;
    const given = parseRefreshToken(refreshToken);
    const session = given && (await this.stores.sessions.lockLive(manager, given.sessionId, at));
    if (!given || !session || !this.issuer.isGenuine(session, given)) return null;
    const { id, userId, generation, rotatedAt } = session;
    const state = { generation, rotatedAtMs: rotatedAt.getTime() };
    const decision = refreshDecision(state, given.generation, at.getTime());
    const membership = await this.stores.memberships.ofUser(manager, userId);
    const orgId = membership?.orgId ?? null;
    if (decision === 'end') {
      await this.stores.sessions.end(manager, id, changeOf(change));
      publish(change, [id]);
      change.audit({ orgId, action: 'session.token_reused', entityId: id });
      return null;
    }
    if (decision === 'repeat') return this.issuer.tokens(session, membership, at);
    await this.stores.sessions.rotate(manager, id, at);
    change.audit({ orgId, action: 'session.refreshed', entityId: id });
    return this.issuer.tokens({ ...session, generation: generation + 1 }, membership, at);
  }

  /** Signs out; a session that has ended already stays so. */
  async end(change: TenancyChange, { userId, sessionId }: SessionReference): Promise<void> {
    const isEnded = await this.stores.sessions.end(change.manager, sessionId, changeOf(change));
    if (!isEnded) return;
    publish(change, [sessionId]);
    const orgId = await this.orgOf(change, userId);
    change.audit({ orgId, action: 'session.ended', entityId: sessionId });
  }

  /** Signs a user out everywhere. */
  async endAll(change: TenancyChange, userId: string): Promise<void> {
    publish(change, await this.stores.sessions.endAll(change.manager, userId, changeOf(change)));
  }

  /** What a user may do has changed: his tokens of before are no longer good, his sessions go on. */
  async outdateTokens(change: TenancyChange, userId: string): Promise<void> {
    const { manager } = change;
    publish(change, await this.stores.sessions.outdateTokens(manager, userId, changeOf(change)));
  }

  /**
   * New tokens of a session, for rights that have just changed.
   * @throws AppError AUTH_011 when the session has ended
   */
  async renew(change: TenancyChange, { sessionId }: SessionReference): Promise<SessionTokens> {
    const { manager, at } = change;
    const session = await this.stores.sessions.lockLive(manager, sessionId, at);
    if (session === null) throw new AppError('AUTH_011');
    await this.stores.sessions.rotate(manager, sessionId, at);
    const membership = await this.stores.memberships.ofUser(manager, session.userId);
    const rotated = { ...session, generation: session.generation + 1 };
    return this.issuer.tokens(rotated, membership, at);
  }

  private async orgOf({ manager }: TenancyChange, userId: string): Promise<string | null> {
    return (await this.stores.memberships.ofUser(manager, userId))?.orgId ?? null;
  }
}

const changeOf = ({ at }: TenancyChange): SessionChange => ({
  at,
  publishedUntil: new Date(at.getTime() + PUBLISHED_MS),
});

const publish = (change: TenancyChange, sessionIds: readonly string[]): void => {
  change.publish(...sessionIds.map((id) => ({ kind: 'session', id }) as const));
};
