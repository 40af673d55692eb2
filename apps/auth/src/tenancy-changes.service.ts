import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, RANDOM, enterTenant, uuidv7, type Clock, type Random } from '@gateway/platform';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditStore, type Actor, type AuditEntry } from './audit.store';
import { CompletedCommandsStore } from './completed-commands.store';
import { OutboxStore, type ChangedEntity } from './outbox.store';

/** One transaction that changes tenancy: what was done and what must be published is written with it or not at all. */
export class TenancyChange {
  readonly entries: AuditEntry[] = [];
  readonly changed: ChangedEntity[] = [];

  constructor(
    readonly manager: EntityManager,
    readonly at: Date,
    private readonly random: Random,
  ) {}

  newId(): string {
    return uuidv7(this.at.getTime(), this.random);
  }

  audit(...entries: readonly AuditEntry[]): void {
    this.entries.push(...entries);
  }

  publish(...entities: readonly ChangedEntity[]): void {
    this.changed.push(...entities);
  }
}

/** A command that must take effect once, however often it arrives. */
export interface OnceCommand<Reply> {
  readonly correlationId: string;
  readonly name: string;
  readonly actor: Actor;
  /** The change sees and writes rows of this organization alone. */
  readonly orgId?: string;
  seal(reply: Reply): Buffer;
}

/** What every change writes besides the change itself. */
@Injectable()
export class TenancyChangeStores {
  constructor(
    readonly audit: AuditStore,
    readonly outbox: OutboxStore,
    readonly commands: CompletedCommandsStore,
  ) {}
}

/** The only way in which this service changes anything that it publishes. */
@Injectable()
export class TenancyChanges {
  constructor(
    private readonly dataSource: DataSource,
    private readonly stores: TenancyChangeStores,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(RANDOM) private readonly random: Random,
  ) {}

  /** Runs `work` in a transaction that ends with its audit entries and its outbox rows. */
  async commit<Result>(
    actor: Actor,
    work: (change: TenancyChange) => Promise<Result>,
  ): Promise<Result> {
    return this.dataSource.transaction((manager) => this.carryOut(manager, actor, work));
  }

  /**
   * As `commit`, for a command: its sealed reply is stored with the change.
   * @returns the sealed reply: of this call, or of the earlier one that carried the same command out
   */
  async commitOnce<Reply>(
    command: OnceCommand<Reply>,
    work: (change: TenancyChange) => Promise<Reply>,
  ): Promise<Buffer> {
    const { correlationId, actor, orgId } = command;
    return this.dataSource.transaction(async (manager) => {
      const at = new Date(this.clock.nowMs());
      const stored = await this.stores.commands.claim(manager, command, at);
      if (stored !== null) return stored;
      if (orgId !== undefined) await enterTenant(manager, orgId);
      const sealed = command.seal(await this.carryOut(manager, actor, work));
      await this.stores.commands.complete(manager, correlationId, sealed, at);
      return sealed;
    });
  }

  /** The sealed reply of a command that was carried out; null when it was not. */
  replyOf(correlationId: string): Promise<Buffer | null> {
    return this.stores.commands.replyOf(this.dataSource.manager, correlationId);
  }

  private async carryOut<Result>(
    manager: EntityManager,
    actor: Actor,
    work: (change: TenancyChange) => Promise<Result>,
  ): Promise<Result> {
    const change = new TenancyChange(manager, new Date(this.clock.nowMs()), this.random);
    const result = await work(change);
    const { entries, changed, at } = change;
    if (entries.length > 0) {
      const stored = entries.map((entry) => ({ ...entry, id: change.newId() }));
      await this.stores.audit.append(manager, stored, actor, at);
    }
    if (changed.length > 0) await this.stores.outbox.append(manager, changed);
    return result;
  }
}
