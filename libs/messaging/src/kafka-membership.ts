import { AssignerProtocol, type PartitionAssigner } from 'kafkajs';
import { decodeIdentity, encodeIdentity, isGone, type ProcessIdentity } from './kafka-process';

const { MemberAssignment, MemberMetadata } = AssignerProtocol;

/** A member of a group, as the coordinator describes it. */
export interface DescribedMember {
  readonly memberId: string;
  readonly clientId: string;
  readonly memberMetadata: Buffer;
}

/** A partition's part of a fetch's answer, empty ones included. */
export interface FetchedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly highWatermark: string;
  readonly fetchedOffset: string;
  readonly rawMessages: readonly unknown[];
}

type Assign = (
  members: readonly { readonly memberId: string; readonly owned: readonly number[] }[],
  partitions: readonly number[],
) => ReadonlyMap<string, readonly number[]>;

/** Members of one group agree on it. */
const ASSIGNER = 'gateway-sticky';

interface MembershipOptions {
  readonly clientId: string;
  readonly identity: ProcessIdentity;
  /** Every answer of a fetch, before its records are handed over. */
  readonly onFetched?: (batches: readonly FetchedBatch[]) => void;
}

/**
 * The place of one consumer in its group, through restarts: of the consumer (kafkajs forgets the member id), and of
 * the process (the dead self is found in the group). Without it each restart waits for the end of the dead one's
 * session.
 */
export class GroupMembership {
  private memberId: string | null = null;
  private owned: readonly number[] = [];

  constructor(private readonly options: MembershipOptions) {}

  get onFetched(): MembershipOptions['onFetched'] {
    return this.options.onFetched;
  }

  /** The partitions that the member holds: those it would like to keep in the next assignment. */
  own(partitions: readonly number[]): void {
    this.owned = partitions;
  }

  /** The id to join with; null joins as a new member. */
  async memberIdToJoin(
    describe: () => Promise<readonly DescribedMember[]>,
  ): Promise<string | null> {
    if (this.memberId !== null) return this.memberId;
    return deadSelf(await describe(), this.options.clientId, this.options.identity);
  }

  joined(memberId: string): void {
    this.memberId = memberId;
  }

  /** The coordinator does not know the id. */
  forget(): void {
    this.memberId = null;
  }

  /** For kafkajs; the membership rides on the assigner, which outlives restarts of the consumer. */
  readonly assigner: PartitionAssigner = ({ cluster }) => {
    const { identity } = this.options;
    const name = ASSIGNER;
    const version = 1;
    const assigner = {
      name,
      version,
      membership: this,
      assign: ({
        members,
        topics,
      }: {
        members: { memberId: string; memberMetadata: Buffer }[];
        topics: string[];
      }) => {
        const topic = topics[0] ?? '';
        const partitions = cluster
          .findTopicPartitionMetadata(topic)
          .map(({ partitionId }) => partitionId);
        const claims = members.map(({ memberId, memberMetadata }) => ({
          memberId,
          owned: ownedIn(memberMetadata),
        }));
        const assigned = stickyAssign(claims, partitions);
        return Promise.resolve(
          members.map(({ memberId }) => ({
            memberId,
            memberAssignment: MemberAssignment.encode({
              version,
              assignment: { [topic]: [...(assigned.get(memberId) ?? [])] },
              userData: Buffer.alloc(0),
            }),
          })),
        );
      },
      protocol: ({ topics }: { topics: string[] }) => ({
        name,
        metadata: MemberMetadata.encode({
          version,
          topics,
          userData: encodeUserData(identity, this.owned),
        }),
      }),
    };
    return assigner;
  };
}

/**
 * The member of the group that is this process' dead self, taken only when the host is the same and that process is
 * gone: two live processes that share a name must not throw each other out.
 */
export function deadSelf(
  members: readonly DescribedMember[],
  clientId: string,
  own: ProcessIdentity,
): string | null {
  for (const member of members) {
    if (member.clientId !== clientId) continue;
    const identity = identityIn(member.memberMetadata);
    if (identity?.host !== own.host) continue;
    if (identity.bootId === own.bootId || isGone(identity)) return member.memberId;
  }
  return null;
}

/** Each member keeps what it holds up to its share; what is left goes to those that have least. */
export const stickyAssign: Assign = (members, partitions) => {
  const sorted = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const free = new Set(partitions);
  const assigned = new Map<string, number[]>();
  const share = Math.floor(partitions.length / Math.max(1, sorted.length));
  let extra = partitions.length - share * sorted.length;
  for (const { memberId, owned } of sorted) {
    const kept = owned.filter((partition) => free.has(partition)).slice(0, share + 1);
    if (kept.length > share) {
      if (extra > 0) extra -= 1;
      else kept.length = share;
    }
    for (const partition of kept) free.delete(partition);
    assigned.set(memberId, kept);
  }
  for (const partition of free) {
    const [first] = [...assigned.values()].sort((a, b) => a.length - b.length);
    first?.push(partition);
  }
  return assigned;
};

/** Identity, a line end, the partitions held: the identity alone is readable by any version. */
function encodeUserData(identity: ProcessIdentity, owned: readonly number[]): Buffer {
  return Buffer.concat([encodeIdentity(identity), Buffer.from(`\n${owned.join(',')}`)]);
}

function userDataOf(memberMetadata: Buffer): Buffer[] {
  if (memberMetadata.length === 0) return [];
  const { userData } = MemberMetadata.decode(memberMetadata) ?? {};
  if (!userData) return [];
  const end = userData.indexOf('\n');
  return end < 0 ? [userData] : [userData.subarray(0, end), userData.subarray(end + 1)];
}

function identityIn(memberMetadata: Buffer): ProcessIdentity | null {
  try {
    const [identity] = userDataOf(memberMetadata);
    return identity ? decodeIdentity(identity) : null;
  } catch {
    // Written by something else than this assigner: nobody that we know.
    return null;
  }
}

function ownedIn(memberMetadata: Buffer): readonly number[] {
  try {
    const text = userDataOf(memberMetadata)[1]?.toString('latin1') ?? '';
    return text === '' ? [] : text.split(',').map(Number);
  } catch {
    return [];
  }
}
