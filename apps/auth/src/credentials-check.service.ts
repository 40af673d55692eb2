import { ConfigError, SealError } from '@gateway/platform';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ChannelsStore, type ChannelRow } from './channels.store';
import { Credentials } from './credentials';

const CHANNELS_TRIED = 3;

/** Refuses to start with a key that opens none of the tokens: every application would be published without one. */
@Injectable()
export class CredentialsCheck implements OnModuleInit {
  constructor(
    private readonly dataSource: DataSource,
    private readonly channels: ChannelsStore,
    private readonly credentials: Credentials,
  ) {}

  /** @throws ConfigError */
  async onModuleInit(): Promise<void> {
    const some = await this.channels.findSome(this.dataSource.manager, CHANNELS_TRIED);
    if (some.length === 0 || some.some((channel) => this.opens(channel))) return;
    throw new ConfigError(['CREDENTIALS_KEY does not open the access tokens that are stored']);
  }

  private opens({ id, orgId, sealedAccessToken }: ChannelRow): boolean {
    const place = { orgId, table: 'channels', rowId: id, field: 'access_token' } as const;
    try {
      this.credentials.open(place, sealedAccessToken);
      return true;
    } catch (error) {
      if (error instanceof SealError) return false;
      throw error;
    }
  }
}
