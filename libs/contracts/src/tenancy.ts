/** Whether an application may send for real. */
export type ApplicationStatus = 'DRAFT' | 'ACTIVATED' | 'RESTRICTED' | 'DISCONNECTED';

export type KeyEnvironment = 'production' | 'staging';

/** What the edge must know of an API key to accept a request; never the key itself. */
export interface KeyContext {
  /** UUID of the key. */
  readonly keyId: string;
  readonly orgId: string;
  /** UUID of the application. */
  readonly appId: string;
  readonly environment: KeyEnvironment;
  readonly isActive: boolean;
  /** Unix time in milliseconds, null when the key does not expire. */
  readonly expiresAtMs: number | null;
  readonly limitPerSecond: number;
  readonly limitPerMinute: number;
  /** Messages of a UTC day; null or absent: as many as the other limits allow. */
  readonly dailyLimit?: number | null;
  /** Requests at once, for each edge; null or absent: as many as the edge allows. */
  readonly concurrencyLimit?: number | null;
}

/** An application as edge and dispatcher know it. */
export interface ApplicationContext {
  readonly appId: string;
  /** The public handle, as it stands in URLs. */
  readonly handle: string;
  readonly orgId: string;
  readonly status: ApplicationStatus;
  readonly channel: {
    readonly phoneNumberId: string;
    readonly wabaId: string;
    /** The access token, sealed for the dispatcher (AES-256-GCM, AAD = topic and app id), base64. */
    readonly sealedAccessToken: string;
  } | null;
  /** Keyed hashes of the registered test numbers, hex; the numbers themselves do not travel. */
  readonly testNumberHashes: readonly string[];
}

/** What the edge must know of an organization itself; one that has no origins may not be published. */
export interface OrganizationContext {
  /** Web origins whose pages may read answers, as `new URL(x).origin` gives them. */
  readonly origins: readonly string[];
}

/** A session whose access tokens are no longer all good; a session that nothing happened to is not published. */
export interface SessionContext {
  readonly isEnded: boolean;
  /** Tokens of a lower version are no longer good. */
  readonly tokenVersion: number;
  /** Unix milliseconds from which no token of the session can be in force any more: the record is removed then. */
  readonly forgetAtMs: number;
}

/**
 * Value of `tenancy.changed.v1`. `version` grows by one with each record that auth's relay sends, so that a reader
 * sees a gap; the watermark names the highest version sent and when. A deleted entity is a record with null `data`.
 */
export type TenancyRecord =
  | {
      readonly kind: 'key';
      /** Keyed hash of the API key, hex: also the record's key, as `key:<hash>`. */
      readonly id: string;
      readonly version: number;
      readonly data: KeyContext | null;
    }
  | {
      readonly kind: 'application';
      /** UUID of the application; the record's key is `application:<id>`. */
      readonly id: string;
      readonly version: number;
      readonly data: ApplicationContext | null;
    }
  | {
      readonly kind: 'session';
      /** UUID of the session; the record's key is `session:<id>`. */
      readonly id: string;
      readonly version: number;
      readonly data: SessionContext | null;
    }
  | {
      readonly kind: 'organization';
      /** UUID of the organization; the record's key is `organization:<id>`. */
      readonly id: string;
      readonly version: number;
      readonly data: OrganizationContext | null;
    }
  | {
      /** A kind that a later release added: nothing but its version counts. */
      readonly kind: 'other';
      readonly id: string;
      readonly version: number;
      readonly data: null;
    }
  | {
      readonly kind: 'watermark';
      readonly version: number;
      /** Every change committed before this moment has a version up to `version`. Unix milliseconds, broker's time. */
      readonly atMs: number;
    };

/** The watermark is sent this often; a reader trusts its cache while the newest one is under `WATERMARK_STALE_MS` old. */
export const WATERMARK_INTERVAL_MS = 1_000;
/** A second below the time in which a revocation must show, for the look-up that follows. */
export const WATERMARK_STALE_MS = 4_000;
