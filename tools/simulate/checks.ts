import { outcomeOf } from '../../apps/dispatcher/src/domain/message-state';
import type { Operation } from './sim-clients';
import type { Row, SimDatabase } from './sim-database';
import type { SimMeta } from './sim-meta';

interface Facts {
  readonly database: SimDatabase;
  readonly meta: SimMeta;
  readonly operations: readonly Operation[];
  /** Ids of the messages that stand in `message.funded.v1`. */
  readonly funded: readonly string[];
  /**
   * Ids of messages that a dispatcher refused while its store was gone: their offset is committed, their row follows
   * when the store is back. One that dies in between leaves none: nothing was sent, and the hold goes by billing's
   * question.
   */
  readonly refused: ReadonlySet<string>;
}

/** What was told when nothing could be known. */
const TELLS_NOTHING = new Set(['GW_010', 'META_005']);

/** What must hold once everything has ended; what can be seen at each step is looked at there. */
export function violationsAtEnd(facts: Facts): string[] {
  return [...messageViolations(facts), ...answerViolations(facts), ...keyViolations(facts)];
}

function messageViolations({ database, meta, funded, refused }: Facts): string[] {
  const rows = [...database.messages.values()].flatMap((row) => rowViolations(row, database, meta));
  const unknown = [...meta.accepted.keys()]
    .filter((messageId) => !database.messages.has(messageId))
    .map((messageId) => `I3: ${messageId} reached Meta and has no row`);
  // A row without a type is a fence: the message itself was never handled.
  const lost = funded
    .filter((messageId) => (database.messages.get(messageId)?.type ?? null) === null)
    .filter((messageId) => !refused.has(messageId))
    .map((messageId) => `I3: ${messageId} was handed to the dispatcher and lost`);
  return [...rows, ...unknown, ...lost];
}

function rowViolations(row: Row, { ledger }: SimDatabase, { accepted }: SimMeta): string[] {
  const { messageId, state, firstMessageId } = row;
  const isSent = accepted.has(messageId);
  const isCharged = ledger.has(messageId);
  const outcome = outcomeOf(state);
  const isAccepted = outcome === 'accepted';
  const isRefused = outcome === 'rejected' || outcome === 'expired';
  const broken: readonly (readonly [boolean, string])[] = [
    [outcome === null, 'I3: never ended'],
    [isAccepted && !isSent, 'I7: is accepted and never reached Meta'],
    [isAccepted && !isCharged, 'I7: is accepted and was not charged'],
    [!isAccepted && isCharged, `I7: is ${state} and was charged`],
    [isRefused && isSent, `I7: is ${state} and reached Meta`],
    [firstMessageId !== null && isSent, 'I2: is a repeat and reached Meta'],
  ];
  return broken.filter(([isBroken]) => isBroken).map(([, text]) => `${text}: ${messageId}`);
}

function answerViolations({ database, meta, operations, refused }: Facts): string[] {
  return operations.flatMap(({ outcome, key }) => {
    if (!outcome?.messageId) return [];
    const { messageId } = outcome;
    const isSent = (meta.accepted.get(messageId) ?? 0) > 0;
    if (outcome.kind === 'accepted') {
      return isSent ? [] : [`I1: ${messageId} was answered 200 and never reached Meta`];
    }
    if (TELLS_NOTHING.has(outcome.code)) {
      const isKnown = database.messages.has(messageId) || refused.has(messageId);
      return isKnown
        ? []
        : [`I3: ${messageId} was taken, answered ${outcome.code}, and has no row`];
    }
    const isHonest = !isSent || key !== undefined;
    return isHonest ? [] : [`I11: ${messageId} was refused with ${outcome.code} and reached Meta`];
  });
}

/** I2 for idempotency keys: of all messages with one key at most one reached Meta. */
function keyViolations({ database, meta }: Facts): string[] {
  const holders = new Map<string, string[]>();
  for (const [key, { messageId }] of database.keys) {
    holders.set(key, [...(holders.get(key) ?? []), messageId]);
  }
  return [...holders].flatMap(([key, messageIds]) => {
    const sent = messageIds.filter((id) => meta.accepted.has(id));
    return sent.length > 1 ? [`I2: key ${key} sent ${sent.length} messages`] : [];
  });
}
