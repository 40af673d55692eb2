import type {
  ApplicationContext,
  CommandName,
  CommandReply,
  CommandRequest,
} from '@gateway/contracts';
import { CommandHandler, type CommandContext, type StoredReply } from '@gateway/messaging';
import { Controller } from '@nestjs/common';
import { ApplicationsService } from './applications.service';
import type { OnceCommand } from './changes.service';
import { CountsService } from './counts.service';
import { DeliveryCommandsService } from './delivery-commands.service';
import { EndpointCommandsService } from './endpoint-commands.service';

type Request<C extends CommandName<'webhooks'>> = CommandRequest<'webhooks', C>;
type Reply<C extends CommandName<'webhooks'>> = CommandReply<'webhooks', C>;
type Context<C extends CommandName<'webhooks'>> = CommandContext<Reply<C>>;

/** What other services ask of this one; a command that changes something takes effect once. */
@Controller()
export class WebhooksController {
  constructor(
    private readonly applications: ApplicationsService,
    private readonly endpoints: EndpointCommandsService,
    private readonly deliveries: DeliveryCommandsService,
    private readonly counts: CountsService,
  ) {}

  @CommandHandler('webhooks', 'endpoint.get')
  async getEndpoint(request: Request<'endpoint.get'>): Promise<Reply<'endpoint.get'>> {
    return this.endpoints.get(this.of(request));
  }

  @CommandHandler('webhooks', 'endpoint.upsert')
  upsertEndpoint(
    request: Request<'endpoint.upsert'>,
    context: Context<'endpoint.upsert'>,
  ): Promise<StoredReply> {
    return once('endpoint.upsert', context, (command) =>
      this.endpoints.upsert(command, this.of(request), request),
    );
  }

  @CommandHandler('webhooks', 'endpoint.delete')
  deleteEndpoint(
    request: Request<'endpoint.delete'>,
    context: Context<'endpoint.delete'>,
  ): Promise<StoredReply> {
    return once('endpoint.delete', context, (command) =>
      this.endpoints.remove(command, this.of(request), request.userId),
    );
  }

  @CommandHandler('webhooks', 'endpoint.rotate')
  rotateSigningSecret(
    request: Request<'endpoint.rotate'>,
    context: Context<'endpoint.rotate'>,
  ): Promise<StoredReply> {
    return once('endpoint.rotate', context, (command) =>
      this.endpoints.rotate(command, this.of(request), request),
    );
  }

  @CommandHandler('webhooks', 'endpoint.test')
  async testEndpoint(request: Request<'endpoint.test'>): Promise<Reply<'endpoint.test'>> {
    return this.endpoints.test(this.of(request));
  }

  @CommandHandler('webhooks', 'target.test')
  async testTarget(request: Request<'target.test'>): Promise<Reply<'target.test'>> {
    this.of(request);
    return this.endpoints.testTarget(request);
  }

  @CommandHandler('webhooks', 'messages.count')
  countMessages(request: Request<'messages.count'>): Promise<Reply<'messages.count'>> {
    return this.counts.incoming(request);
  }

  @CommandHandler('webhooks', 'deliveries.list')
  async listDeliveries(request: Request<'deliveries.list'>): Promise<Reply<'deliveries.list'>> {
    return this.deliveries.list(this.of(request), request);
  }

  @CommandHandler('webhooks', 'deliveries.resend')
  resend(
    request: Request<'deliveries.resend'>,
    context: Context<'deliveries.resend'>,
  ): Promise<StoredReply> {
    return once('deliveries.resend', context, (command) =>
      this.deliveries.resend(command, this.of(request), request),
    );
  }

  @CommandHandler('webhooks', 'replays.create')
  createReplay(
    request: Request<'replays.create'>,
    context: Context<'replays.create'>,
  ): Promise<StoredReply> {
    return once('replays.create', context, (command) =>
      this.deliveries.createReplay(command, this.of(request), request),
    );
  }

  @CommandHandler('webhooks', 'replays.get')
  async getReplay(request: Request<'replays.get'>): Promise<Reply<'replays.get'>> {
    return this.deliveries.getReplay(this.of(request), request.replayId);
  }

  @CommandHandler('webhooks', 'replays.cancel')
  cancelReplay(
    request: Request<'replays.cancel'>,
    context: Context<'replays.cancel'>,
  ): Promise<StoredReply> {
    return once('replays.cancel', context, (command) =>
      this.deliveries.cancelReplay(command, this.of(request), request),
    );
  }

  private of({ orgId, appId }: { orgId: string; appId: string }): ApplicationContext {
    return this.applications.ofHandle(orgId, appId);
  }
}

async function once<R>(
  name: string,
  context: CommandContext<R>,
  work: (command: OnceCommand<R>) => Promise<Buffer>,
): Promise<StoredReply> {
  const { correlationId } = context;
  const seal = (reply: R): Buffer => context.seal(reply);
  return context.stored(await work({ correlationId, name, seal }));
}
