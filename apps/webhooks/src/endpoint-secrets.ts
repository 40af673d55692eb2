import type { Sealer } from '@gateway/platform';
import type { OpenedEndpoint } from './delivery-request';
import type { EndpointRow } from './endpoints.store';

type Field = 'headers' | 'bearer_secret' | 'signing_secret';
/** Where a sealed value stands: moved to another row or field, it does not open. */
type Place = Pick<EndpointRow, 'id' | 'orgId'>;

/** Seals secrets and header values of endpoints for this service's tables. */
export class EndpointSecrets {
  constructor(private readonly sealer: Sealer) {}

  seal(place: Place, field: Field, plain: string): Buffer {
    return this.sealer.seal(Buffer.from(plain), additionalData(place, field));
  }

  sealHeaders(place: Place, headers: Readonly<Record<string, string>>): Buffer {
    return this.seal(place, 'headers', JSON.stringify(headers));
  }

  /** @throws SealError when the bytes were not sealed for this endpoint under a key of ours */
  headers(row: EndpointRow): Record<string, string> {
    return JSON.parse(this.open(row, 'headers', row.headersSealed)) as Record<string, string>;
  }

  /** @throws SealError as `headers` */
  opened(row: EndpointRow): OpenedEndpoint {
    const { signingPreviousSealed: previous, signingPreviousUntil: until } = row;
    return {
      url: row.url,
      bearerSecret: this.open(row, 'bearer_secret', row.bearerSealed),
      headers: this.headers(row),
      hubSignature: row.hubSignature,
      signingSecrets: [
        { secret: this.open(row, 'signing_secret', row.signingSealed), expiresAtMs: null },
        ...(previous && until
          ? [
              {
                secret: this.open(row, 'signing_secret', previous),
                expiresAtMs: until.getTime(),
              },
            ]
          : []),
      ],
    };
  }

  private open(place: Place, field: Field, sealed: Buffer): string {
    return this.sealer.open(sealed, additionalData(place, field)).toString();
  }
}

const additionalData = ({ orgId, id }: Place, field: Field): string =>
  `${orgId}|endpoints|${id}|${field}`;
