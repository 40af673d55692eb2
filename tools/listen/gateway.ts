/** An application, by its handle, and where its gateway listens. */
interface GatewayApplication {
  readonly url: string;
  readonly appId: string;
}

/** The login of an embedded installation, as it stands in `demo.json`. */
export interface DemoLogin extends GatewayApplication {
  readonly email: string;
  readonly password: string;
}

/** What can be put back of an endpoint. */
export interface EndpointSettings {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly subscribedEvents: Readonly<Record<string, boolean>>;
  readonly isActive: boolean;
}

export interface Endpoint extends EndpointSettings {
  readonly id: string;
  /** Only when this call created it. */
  readonly signingSecret?: string;
}

const TIMEOUT_MS = 10_000;
const NO_CONTENT = 204;

/** The gateway said no. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';

  constructor(
    what: string,
    readonly code: string,
    reason: string,
  ) {
    super(`${what}: ${code} ${reason}`.trim());
  }
}

/** The webhook routes of the management API, for one application. */
export class Gateway {
  private constructor(
    private readonly application: GatewayApplication,
    private readonly accessToken: string | null,
  ) {}

  static async signIn(login: DemoLogin): Promise<Gateway> {
    const { email, password } = login;
    const stranger = new Gateway(login, null);
    const tokens = await stranger.call('POST', '/api/v1/auth/token', { email, password });
    return new Gateway(login, (tokens as { accessToken: string }).accessToken);
  }

  /** @param accessToken of somebody who may change the application */
  static withToken(application: GatewayApplication, accessToken: string): Gateway {
    return new Gateway(application, accessToken);
  }

  async endpoint(): Promise<Endpoint | null> {
    return (await this.call('GET', this.path())) as Endpoint | null;
  }

  async upsert(settings: Partial<EndpointSettings>): Promise<Endpoint> {
    return (await this.call('POST', this.path(), settings)) as Endpoint;
  }

  async remove(): Promise<void> {
    await this.call('DELETE', this.path());
  }

  /** @param overlapHours how long the secret before still signs */
  async rotateSigningSecret(overlapHours: number): Promise<string> {
    const path = this.path('/signing-secret/rotate');
    const { signingSecret } = (await this.call('POST', path, { overlapHours })) as {
      signingSecret: string;
    };
    return signingSecret;
  }

  private path(rest = ''): string {
    return `/api/v1/applications/${this.application.appId}/webhook${rest}`;
  }

  private async call(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(new URL(path, this.application.url), {
      method,
      headers: {
        'x-client-type': 'native',
        ...(body && { 'content-type': 'application/json' }),
        ...(this.accessToken !== null && { authorization: `Bearer ${this.accessToken}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.status === NO_CONTENT) return null;
    const answer = (await response.json()) as {
      data?: unknown;
      errors?: { code: string; description: string; params: { reason?: string } };
    };
    if (response.ok) return answer.data;
    const { code = String(response.status), description = '', params } = answer.errors ?? {};
    throw new GatewayError(`${method} ${path}`, code, params?.reason ?? description);
  }
}
