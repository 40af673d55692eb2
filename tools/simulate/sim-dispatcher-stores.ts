import type { MessageState } from '@gateway/contracts';
import { DELIVERY_STATES, freesKey } from '../../apps/dispatcher/src/domain/message-state';
import { IdempotencyStore, type KeyHolder } from '../../apps/dispatcher/src/idempotency.store';
import { InstancesStore, type DeadInstance } from '../../apps/dispatcher/src/instances.store';
import {
  MessagesStore,
  type ClaimRow,
  type MessageRow,
  type StoredMessage,
} from '../../apps/dispatcher/src/messages.store';
import type { Row, SimDatabase } from './sim-database';
import type { SimProcess } from './sim-process';

const DAY_MS = 86_400_000;
const NO_DATABASE = undefined as never;
const NO_RECIPIENTS = undefined as never;

type Owner = Parameters<MessagesStore['claim']>[1];

/** The statements of `messages.sql.ts`, on a map. */
export class SimMessages extends MessagesStore {
  constructor(
    private readonly process: SimProcess,
    private readonly tables: SimDatabase,
  ) {
    super(NO_DATABASE, NO_RECIPIENTS);
  }

  override claim(rows: readonly ClaimRow[], owner: Owner): Promise<ReadonlySet<string>> {
    return this.process.store('claim', () => {
      const inserted = rows.filter((row) => this.takesKey(row, owner) && this.insert(row, owner));
      return new Set(inserted.map(({ messageId }) => messageId));
    });
  }

  override settle(rows: readonly MessageRow[], owner: Owner): Promise<void> {
    return this.process.store('settle', () => {
      for (const row of rows) {
        const stored = this.tables.messages.get(row.messageId);
        if (!stored) this.insert(row, owner);
        else if (
          stored.state === 'sending' ||
          (stored.state === 'unknown' && row.state !== 'unknown')
        ) {
          this.update(stored, row, owner);
        } else if (row.state === 'accepted' && hasMovedOn(stored)) {
          stored.wamid ??= row.wamid;
          stored.response = row.response;
        }
      }
    });
  }

  override fence(rows: readonly MessageRow[], owner: Owner): Promise<void> {
    return this.process.store('fence', () => {
      for (const row of rows) {
        const stored = this.tables.messages.get(row.messageId);
        if (!stored) this.insert(row, owner);
        else if (stored.state === 'sending' && stored.ownerBootId === owner.bootId) {
          this.update(stored, row, owner);
        }
      }
    });
  }

  override find(messageIds: readonly string[]): Promise<StoredMessage[]> {
    return this.process.store('find', () =>
      messageIds.flatMap((id) => {
        const row = this.tables.messages.get(id);
        return row ? [this.view(row)] : [];
      }),
    );
  }

  override markLost(messageIds: readonly string[], nowMs: number): Promise<void> {
    return this.process.store('mark lost', () => {
      for (const id of messageIds) {
        const row = this.tables.messages.get(id);
        if (row?.state === 'sending' && !this.isAlive(row.ownerBootId)) this.lose(row, nowMs);
      }
    });
  }

  override markUnsent(
    messageIds: readonly string[],
    refused: Parameters<MessagesStore['markUnsent']>[1],
    owner: Owner,
  ): Promise<void> {
    return this.process.store('mark unsent', () => {
      for (const id of messageIds) {
        const row = this.tables.messages.get(id);
        if (row?.state !== 'sending' || row.ownerBootId !== owner.bootId) continue;
        this.tables.change(row, 'rejected');
        Object.assign(row, refused, { updatedAtMs: owner.nowMs });
      }
    });
  }

  override markLostOf(
    bootId: string,
    { fromId, toId }: { readonly fromId: string; readonly toId: string },
    nowMs: number,
  ): Promise<StoredMessage[]> {
    return this.process.store('mark lost of', () => {
      const rows = [...this.tables.messages.values()].filter(
        ({ messageId, ownerBootId }) =>
          ownerBootId === bootId && messageId >= fromId && messageId < toId,
      );
      for (const row of rows) {
        if (row.state === 'sending' && !this.isAlive(bootId)) this.lose(row, nowMs);
      }
      return rows.filter(({ state }) => state === 'unknown').map((row) => this.view(row));
    });
  }

  override preparePartitions(): Promise<void> {
    return Promise.resolve();
  }

  view(row: Row): StoredMessage {
    return { ...row, isOwnerAlive: this.isAlive(row.ownerBootId) };
  }

  /** True also for a row that needs none. */
  private takesKey(row: ClaimRow, { nowMs }: Owner): boolean {
    const { keyHash, bodyHash, appId, messageId } = row;
    if (keyHash === null) return true;
    const name = `${appId} ${keyHash}`;
    const held = this.tables.keys.get(name);
    if (held && held.expiresAtMs > nowMs) {
      const first = this.tables.messages.get(held.messageId);
      if (!first || !freesKey(first.state, first.errorCode)) return false;
    }
    this.tables.keys.set(name, {
      messageId,
      bodyHash: bodyHash ?? '',
      expiresAtMs: nowMs + DAY_MS,
    });
    return true;
  }

  private insert(row: MessageRow, { bootId, nowMs }: Owner): boolean {
    if (this.tables.messages.has(row.messageId)) return false;
    const { messageId, appId, orgId, type, isFake, isMmlite, firstMessageId } = row;
    this.tables.messages.set(messageId, {
      ...{ messageId, appId, orgId, type, isFake, isMmlite, firstMessageId },
      ...outcomeOf(row),
      maskedRecipient: null,
      ownerBootId: bootId,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
    });
    return true;
  }

  private update(stored: Row, row: MessageRow, { nowMs }: Owner): void {
    this.tables.change(stored, row.state);
    const wamid = stored.wamid ?? row.wamid;
    Object.assign(stored, outcomeOf(row), { wamid, updatedAtMs: nowMs });
  }

  private lose(row: Row, nowMs: number): void {
    this.tables.change(row, 'unknown');
    const unknown = { errorCode: 'META_005', errorParams: null, retryAfterSeconds: null };
    Object.assign(row, unknown, { updatedAtMs: nowMs });
  }

  private isAlive(bootId: string): boolean {
    const instance = this.tables.instances.get(bootId);
    return instance !== undefined && instance.leaseUntilMs > this.process.world.time.nowMs();
  }
}

/** A status was faster than Meta's answer, which is still to be kept. */
const hasMovedOn = ({ state, response }: Row): boolean =>
  response === null && DELIVERY_STATES.some((each) => each === state);

const outcomeOf = (row: MessageRow) => ({
  state: row.state satisfies MessageState,
  wamid: row.wamid,
  errorCode: row.errorCode,
  errorParams: row.errorParams,
  retryAfterSeconds: row.retryAfterSeconds,
  response: row.response,
});

export class SimInstances extends InstancesStore {
  constructor(
    private readonly process: SimProcess,
    private readonly tables: SimDatabase,
  ) {
    super(NO_DATABASE);
  }

  override renew(
    bootId: string,
    { leaseMs, openSinceMs }: Parameters<InstancesStore['renew']>[1],
  ): Promise<number> {
    return this.process.store('renew', () => {
      const leaseUntilMs = this.process.world.time.nowMs() + leaseMs;
      const known = this.tables.instances.get(bootId);
      if (known) {
        Object.assign(known, { leaseUntilMs, openSinceMs });
        return known.slot;
      }
      const taken = new Set([...this.tables.instances.values()].map(({ slot }) => slot));
      let slot = 0;
      while (taken.has(slot)) slot += 1;
      this.tables.instances.set(bootId, { slot, leaseUntilMs, openSinceMs });
      return slot;
    });
  }

  override dead(): Promise<DeadInstance[]> {
    return this.process.store('dead', () =>
      [...this.tables.instances]
        .filter(([, { leaseUntilMs }]) => leaseUntilMs <= this.process.world.time.nowMs())
        .map(([bootId, { leaseUntilMs, openSinceMs }]) => ({ bootId, leaseUntilMs, openSinceMs })),
    );
  }

  override forgetDead(bootId: string): Promise<void> {
    return this.process.store('forget dead', () => {
      const instance = this.tables.instances.get(bootId);
      const nowMs = this.process.world.time.nowMs();
      if (instance && instance.leaseUntilMs <= nowMs) this.tables.instances.delete(bootId);
    });
  }

  override leave(bootId: string): Promise<void> {
    return this.process.store('leave', () => {
      this.tables.instances.delete(bootId);
    });
  }
}

export class SimKeys extends IdempotencyStore {
  constructor(
    private readonly process: SimProcess,
    private readonly tables: SimDatabase,
    private readonly messages: SimMessages,
  ) {
    super(NO_DATABASE);
  }

  override holders(
    keys: readonly { readonly appId: string; readonly keyHash: string }[],
    nowMs: number,
  ): Promise<KeyHolder[]> {
    return this.process.store('holders', () =>
      keys.flatMap(({ appId, keyHash }) => {
        const held = this.tables.keys.get(`${appId} ${keyHash}`);
        const row = held && this.tables.messages.get(held.messageId);
        if (!row || held.expiresAtMs <= nowMs) return [];
        return [{ appId, keyHash, bodyHash: held.bodyHash, message: this.messages.view(row) }];
      }),
    );
  }

  override purge(): Promise<number> {
    return Promise.resolve(0);
  }
}
