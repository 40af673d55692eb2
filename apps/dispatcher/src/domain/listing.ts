import {
  isUuid,
  MESSAGE_STATES,
  timeMs,
  type CommandRequest,
  type MessageState,
} from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { firstIdAt } from './first-id';

/** Which messages of an application are asked for, the newest first. */
export interface Listing {
  /** A message's id is older than its row, by what its way took and clocks differ. */
  readonly fromId: string;
  /** Exclusive. */
  readonly toId: string;
  readonly from: Date | null;
  /** Exclusive. */
  readonly to: Date | null;
  readonly state: MessageState | null;
  /** Digits. */
  readonly recipient: string | null;
  readonly limit: number;
}

const RECIPIENT = /^\d{1,20}$/;
const LIMIT_MAX = 100;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
/** How far a row's time may be from that of its id. */
const APART_MS = 600_000;

/** @throws AppError GW_003 for what cannot be asked */
export function listingOf(request: CommandRequest<'dispatcher', 'messages.list'>): Listing {
  checkFilters(request);
  const { state, recipient, after, limit } = request;
  const from = timeOf('from', request.from);
  const to = timeOf('to', request.to);
  const endId = to === null ? LAST_ID : firstIdAt(to.getTime() + APART_MS);
  return {
    fromId: from === null ? FIRST_ID : firstIdAt(from.getTime() - APART_MS),
    toId: after !== null && after < endId ? after : endId,
    from,
    to,
    state,
    recipient,
    limit,
  };
}

type Filters = Pick<
  CommandRequest<'dispatcher', 'messages.list'>,
  'state' | 'recipient' | 'after' | 'limit'
>;

function checkFilters({ state, recipient, after, limit }: Filters): void {
  if (state !== null && !MESSAGE_STATES.includes(state)) throw badField('state');
  if (recipient !== null && !RECIPIENT.test(recipient)) throw badField('recipient');
  if (after !== null && !isUuid(after)) throw badField('after');
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) throw badField('limit');
}

function timeOf(path: string, text: string | null): Date | null {
  if (text === null) return null;
  const atMs = timeMs(text);
  if (atMs === null) throw badField(path);
  return new Date(atMs);
}

const badField = (path: string): AppError =>
  new AppError('GW_003', { params: { fields: [{ path, reason: 'is malformed' }] } });
