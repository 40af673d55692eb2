/** How a session gets its access token; the refresh token stays in a cookie that no script can read. */
export interface SessionTransport {
  /** The next access token by the cookie; null when the family of tokens is dead. */
  refresh(): Promise<AccessToken | null>;
}

export interface AccessToken {
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
}

/** `unknown` until the first refresh has told whether the cookie is worth something. */
export type SessionState = 'unknown' | 'signed-in' | 'signed-out';

/**
 * The session of this tab. The access token lives in memory alone, and all calls share one refresh: the second would
 * show a token that the first has used up.
 */
export class Session {
  private token: string | null = null;
  private refreshing: Promise<string | null> | null = null;
  private readonly listeners = new Set<() => void>();
  private current: SessionState = 'unknown';

  constructor(private readonly transport: SessionTransport) {}

  get state(): SessionState {
    return this.current;
  }

  /** For `useSyncExternalStore`; returns how to stop listening. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  begin({ accessToken }: AccessToken): void {
    this.token = accessToken;
    this.become('signed-in');
  }

  end(): void {
    this.token = null;
    this.become('signed-out');
  }

  /** The access token, fetched when there is none yet; null when nobody is signed in. */
  async accessToken(): Promise<string | null> {
    if (this.token !== null) return this.token;
    if (this.current === 'signed-out') return null;
    return this.refresh(null);
  }

  /**
   * A token other than the one that was refused.
   *
   * @throws when the gateway could not be asked; the session stays as it is
   */
  async refresh(refused: string | null): Promise<string | null> {
    // Another call has renewed it, while this one was on its way with the old token.
    if (this.token !== null && this.token !== refused) return this.token;
    this.refreshing ??= this.renew().finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  private async renew(): Promise<string | null> {
    const before = this.token;
    const next = await this.transport.refresh();
    // Signed in or out by hand in the meantime: that counts.
    if (this.token !== before) return this.token;
    if (next === null) this.end();
    else this.begin(next);
    return this.token;
  }

  private become(state: SessionState): void {
    this.current = state;
    for (const listener of this.listeners) listener();
  }
}
