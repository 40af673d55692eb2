/** First attempts, retries, replays: in this order they get what is free. */
export const FIRST_LANE = 0;
export const RETRY_LANE = 1;
export const REPLAY_LANE = 2;

export type Lane = typeof FIRST_LANE | typeof RETRY_LANE | typeof REPLAY_LANE;

/** A delivery that this instance has taken, to be sent within its lease. */
export interface Job {
  readonly deliveryId: string;
  /** The claim under which its result may be recorded. */
  readonly claimId: string;
  /** Time of the event, by which everything of it is partitioned; Unix milliseconds. */
  readonly eventAtMs: number;
  readonly eventId: string;
  readonly endpointId: string;
  readonly orgId: string;
  /** UUID of our message that a status is about. */
  readonly messageId: string | null;
  /** Deliveries of one key go one after the other. */
  readonly orderKey: string;
  readonly lane: Lane;
  /** Attempts that failed so far. */
  readonly failures: number;
  /** Number of the attempt that this will be. */
  readonly attempt: number;
  readonly payload: Buffer;
  /** Revision of the endpoint when it was taken. */
  readonly revision: number;
  /** When the event was accepted and when this instance took it, on a clock that never jumps; milliseconds. */
  readonly bornAtMs: number;
  readonly takenAtMs: number;
  /** It was in the hands of more than one instance that died: only one such is tried at a time. */
  readonly isSuspect: boolean;
}
