import { generate } from 'selfsigned';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

const DAY_MS = 86_400_000;

/** An authority, and what it vouches for. */
export class TestAuthority {
  private constructor(readonly certificate: Certificate) {}

  static async create(): Promise<TestAuthority> {
    const { private: key, cert } = await generate(
      [{ name: 'commonName', value: 'Test Authority' }],
      {
        keyType: 'ec',
        algorithm: 'sha256',
        extensions: [
          { name: 'basicConstraints', cA: true, critical: true },
          { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
        ],
      },
    );
    return new TestAuthority({ key, cert });
  }

  /** PEM of the authority. */
  get ca(): string {
    return this.certificate.cert;
  }

  /** @param days until it expires; negative: since it has expired */
  async issue(hostname: string, days = 1): Promise<Certificate> {
    const nowMs = Date.now();
    const { private: key, cert } = await generate([{ name: 'commonName', value: hostname }], {
      keyType: 'ec',
      algorithm: 'sha256',
      notBeforeDate: new Date(nowMs - 10 * DAY_MS),
      notAfterDate: new Date(nowMs + days * DAY_MS),
      extensions: [
        { name: 'basicConstraints', cA: false },
        { name: 'subjectAltName', altNames: [{ type: 2, value: hostname }] },
      ],
      ca: this.certificate,
    });
    return { key, cert };
  }
}
