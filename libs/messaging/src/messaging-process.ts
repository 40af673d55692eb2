import { TOPICS, type ServiceName } from '@gateway/contracts';
import type { Logger, Sealer } from '@gateway/platform';
import { TransportReplyChannel } from './reply-channel';
import type { Transport } from './transport';

/** A service as it takes part in the messaging of its process. */
export interface ServiceMember {
  readonly service: ServiceName;
  /** Opens and seals commands: of this service and to others. */
  readonly sealer: Sealer;
  readonly logger: Logger;
}

/** What the services of one process share over one transport: its reply partition, and who they are. */
export class MessagingProcess {
  private static readonly byTransport = new WeakMap<Transport, MessagingProcess>();
  private readonly members = new Map<ServiceName, ServiceMember>();

  private constructor(
    private readonly transport: Transport,
    readonly replies: TransportReplyChannel,
  ) {}

  /** Adds a service; the first one's logger is the process' own. */
  static join(transport: Transport, member: ServiceMember): MessagingProcess {
    let found = this.byTransport.get(transport);
    if (!found) {
      const replies = new TransportReplyChannel(transport, member.logger);
      found = new MessagingProcess(transport, replies);
      this.byTransport.set(transport, found);
    }
    found.members.set(member.service, member);
    return found;
  }

  /** The process behind a transport; undefined while no service has joined. */
  static of(transport: Transport): MessagingProcess | undefined {
    return this.byTransport.get(transport);
  }

  get services(): readonly ServiceMember[] {
    return [...this.members.values()];
  }

  /** Connects, and reads the replies when a service of this process may ask. */
  async start(): Promise<void> {
    await this.transport.connect();
    const asks = TOPICS['replies.v1'].to.some(({ service }) => this.members.has(service));
    if (asks) await this.replies.read();
  }
}
