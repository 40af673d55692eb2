import { Sealer } from '@gateway/platform';

interface CredentialsKeys {
  /** Seals what is stored; auth alone holds it. */
  readonly atRest: { readonly current: Buffer; readonly previous?: Buffer };
  /** Seals what is published; auth and dispatcher share it. */
  readonly published: Buffer;
}

/** Where a sealed value stands: moved to another row, it does not open. */
export interface SealedPlace {
  /** Whose it is: an organization, or a user. */
  readonly orgId: string;
  readonly table: 'channels' | 'test_numbers' | 'sessions' | 'notices';
  readonly rowId: string;
  readonly field: 'access_token' | 'phone_number' | 'refresh_secret' | 'content';
}

/** Seals access tokens and test numbers: at rest for this service, published for the dispatcher. */
export class Credentials {
  private readonly atRest: Sealer;
  private readonly published: Sealer;

  constructor(keys: CredentialsKeys) {
    this.atRest = new Sealer(keys.atRest);
    this.published = new Sealer({ current: keys.published });
  }

  seal(place: SealedPlace, plain: string): Buffer {
    return this.atRest.seal(Buffer.from(plain), additionalData(place));
  }

  /** @throws SealError when the bytes are not what was sealed for this place */
  open(place: SealedPlace, sealed: Buffer): string {
    return this.atRest.open(sealed, additionalData(place)).toString();
  }

  /** The access token as it stands in an `ApplicationContext`: base64. */
  sealForReaders(applicationId: string, accessToken: string): string {
    return this.published
      .seal(Buffer.from(accessToken), `tenancy.changed.v1|${applicationId}`)
      .toString('base64');
  }
}

const additionalData = ({ orgId, table, rowId, field }: SealedPlace): string =>
  `${orgId}|${table}|${rowId}|${field}`;
