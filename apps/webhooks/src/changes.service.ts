import type { ApplicationContext } from '@gateway/contracts';
import { enterTenant, uuidv7, type Random } from '@gateway/platform';
import type { DataSource, EntityManager } from 'typeorm';
import type { CommandsStore } from './commands.store';

/** A command that takes effect once, however often it arrives. */
export interface OnceCommand<Reply> {
  readonly correlationId: string;
  readonly name: string;
  readonly seal: (reply: Reply) => Buffer;
}

/** One transaction that changes something of an application. */
export interface Change {
  readonly manager: EntityManager;
  readonly at: Date;
  readonly newId: () => string;
  readonly audit: (
    action: string,
    entityId: string,
    details?: Readonly<Record<string, unknown>>,
  ) => Promise<void>;
}

/**
 * The only way in which commands change anything: change, audit entry and sealed reply in one transaction, which sees
 * rows of the application's organization alone.
 */
export class ChangesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: CommandsStore,
    private readonly random: Random,
    private readonly nowMs: () => number,
  ) {}

  /** @returns the sealed reply: of this call, or of the earlier one that carried the same command out */
  async commitOnce<Reply>(
    { correlationId, name, seal }: OnceCommand<Reply>,
    by: { readonly application: ApplicationContext; readonly userId: string },
    work: (change: Change) => Promise<Reply>,
  ): Promise<Buffer> {
    return this.dataSource.transaction(async (manager) => {
      const stored = await this.store.claim(manager, correlationId, name);
      if (stored !== null) return stored;
      await enterTenant(manager, by.application);
      const sealed = seal(await work(this.changeOf(manager, by)));
      await this.store.complete(manager, correlationId, sealed);
      return sealed;
    });
  }

  private changeOf(
    manager: EntityManager,
    by: { readonly application: ApplicationContext; readonly userId: string },
  ): Change {
    const at = new Date(this.nowMs());
    const newId = (): string => uuidv7(at.getTime(), this.random);
    const { orgId, appId } = by.application;
    return {
      manager,
      at,
      newId,
      audit: (action, entityId, details = {}) =>
        this.store.audit(manager, {
          id: newId(),
          orgId,
          appId,
          userId: by.userId,
          action,
          entityId,
          details,
        }),
    };
  }
}
