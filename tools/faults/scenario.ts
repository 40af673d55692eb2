import type { ServiceName } from '@gateway/contracts';
import type { FaultWindow } from './facts';
import type { Load, Sender } from './load';
import type { Seeded } from './seeded';
import type { World } from './world';

/** What a scenario's fault gets to work with. */
export interface Stage {
  readonly world: World;
  readonly random: Seeded;
  readonly senders: readonly Sender[];
  readonly load: Load;
  /** Writes a line of the timeline. */
  readonly note: (text: string) => void;
  /** A promise that the scenario itself looks at was broken. */
  readonly violated: (invariant: string, text: string) => void;
  /** Writes down how long something took, and that it took too long when it did. */
  readonly measured: (name: string, ms: number, limitMs: number) => void;
  /** Notes begin and end of a fault around `work`; calls to Meta during it may end as unknown. */
  readonly during: (fault: FaultNote, work: () => Promise<void>) => Promise<void>;
}

interface FaultNote {
  /** The part that is hit; `all` when it is more than one. */
  readonly target: string;
  readonly says: string;
  /** Requests that come once it is known must be refused within 2 s (I11). */
  readonly isGone?: boolean;
}

export interface GoneWindow extends FaultWindow {
  readonly isGone: boolean;
}

export interface Scenario {
  readonly name: string;
  /** Row of the matrix in `docs/reliability.md`. */
  readonly row: number;
  readonly says: string;
  /** Injects the fault and heals it. */
  readonly run: (stage: Stage) => Promise<void>;
  /** Looks at what only this scenario can tell, once everything has ended. */
  readonly afterwards?: (stage: Stage) => Promise<void>;
  /** 30 a second unless given. */
  readonly perSecond?: number;
  readonly recipients?: readonly string[];
  /** Codes that an honest answer may have, besides GW_008, GW_010, META_005, META_001, META_003 and BILL_002. */
  readonly codes?: readonly string[];
  readonly balanceMicroUsd?: bigint;
  /** Applications that send; two unless given. */
  readonly senders?: number;
  /** Services of which two processes run. */
  readonly doubled?: readonly ServiceName[];
  /** What the machine must have; absent: the scenario is skipped, by name. */
  readonly needs?: 'redis' | 'prlimit';
}
