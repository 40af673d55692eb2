import type { CommandContext, StoredReply } from '@gateway/messaging';
import { Injectable } from '@nestjs/common';
import type { Actor } from './audit.store';
import { TenancyChanges, type TenancyChange } from './tenancy-changes.service';

interface CommandOfUser {
  readonly name: string;
  /** Who asked for it; absent: nobody that is signed in. */
  readonly userId?: string;
  /** The organization that alone it may see and change; absent: it is about users, or makes an organization. */
  readonly orgId?: string;
}

/** Carries out commands that change something, each once however often it arrives. */
@Injectable()
export class CommandsOnce {
  private readonly running = new Map<string, Promise<StoredReply>>();

  constructor(private readonly changes: TenancyChanges) {}

  /**
   * Does what may not even be begun twice, since somebody else counts it too: copies of a command that come while it
   * runs wait for it, later ones get its reply. Copies reach one instance, by their key.
   */
  async begunOnce<Reply>(
    context: CommandContext<Reply>,
    work: () => Promise<StoredReply>,
  ): Promise<StoredReply> {
    const { correlationId } = context;
    const running = this.running.get(correlationId);
    if (running) return running;
    const begun = this.earlier(context)
      .then((earlier) => earlier ?? work())
      .finally(() => this.running.delete(correlationId));
    this.running.set(correlationId, begun);
    return begun;
  }

  private async earlier<Reply>(context: CommandContext<Reply>): Promise<StoredReply | null> {
    const sealed = await this.changes.replyOf(context.correlationId);
    return sealed === null ? null : context.stored(sealed);
  }

  async once<Reply>(
    { name, userId, orgId }: CommandOfUser,
    context: CommandContext<Reply>,
    work: (change: TenancyChange) => Promise<Reply>,
  ): Promise<StoredReply> {
    const { correlationId } = context;
    const actor: Actor =
      userId === undefined
        ? { kind: 'service', id: 'edge', correlationId }
        : { kind: 'user', id: userId, correlationId };
    const seal = (reply: Reply): Buffer => context.seal(reply);
    const command = { correlationId, name, actor, orgId, seal };
    return context.stored(await this.changes.commitOnce(command, work));
  }
}
