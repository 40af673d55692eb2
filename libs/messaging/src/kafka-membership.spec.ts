import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { AssignerProtocol } from 'kafkajs';
import fc from 'fast-check';
import { deadSelf, stickyAssign, type DescribedMember } from './kafka-membership';
import { encodeIdentity, isGone, ownIdentity, type ProcessIdentity } from './kafka-process';

const member = (identity: ProcessIdentity, clientId = 'host-app-1'): DescribedMember => ({
  memberId: `${clientId}-${identity.bootId}`,
  clientId,
  memberMetadata: AssignerProtocol.MemberMetadata.encode({
    version: 1,
    topics: ['message.submitted.v1'],
    userData: Buffer.concat([encodeIdentity(identity), Buffer.from('\n0,1')]),
  }),
});

const found = (...members: DescribedMember[]): string | null =>
  deadSelf(members, 'host-app-1', ownIdentity);

/** A process id that was in use and is free now. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

describe('the dead self', () => {
  it('is taken when its process on this host is gone', async () => {
    const dead = { ...ownIdentity, bootId: 'before', pid: await deadPid() };
    expect(found(member(dead))).toBe('host-app-1-before');
  });

  it('is taken when its process id belongs to a process that started later, as process 1 does', () => {
    const dead = { ...ownIdentity, bootId: 'before', startTicks: 1 };
    expect(isGone(dead)).toBe(true);
    expect(found(member(dead))).toBe('host-app-1-before');
  });

  it('is not a live process of the same name', () => {
    const live = { ...ownIdentity, bootId: 'other', pid: process.ppid, startTicks: null };
    expect(found(member(live))).toBeNull();
  });

  it('is not a process of another host, of another name, or one that does not say who it is', async () => {
    const dead = { ...ownIdentity, bootId: 'before', pid: await deadPid() };
    expect(found(member({ ...dead, host: 'elsewhere' }))).toBeNull();
    expect(found(member(dead, 'host-app-2'))).toBeNull();
    const silent = { ...member(dead), memberMetadata: Buffer.alloc(0) };
    const foreign = { ...member(dead), memberMetadata: Buffer.from('no metadata') };
    expect(found(silent, foreign)).toBeNull();
  });
});

describe('stickyAssign', () => {
  const groups = fc.record({
    partitionCount: fc.integer({ min: 1, max: 16 }),
    members: fc.uniqueArray(
      fc.record({
        memberId: fc.uuid(),
        owned: fc.uniqueArray(fc.integer({ min: 0, max: 20 })),
      }),
      { selector: ({ memberId }) => memberId, minLength: 1, maxLength: 8 },
    ),
  });

  it('gives each partition to one member and no member over one more than another', () => {
    fc.assert(
      fc.property(groups, ({ partitionCount, members }) => {
        const partitions = Array.from({ length: partitionCount }, (_, index) => index);
        const assigned = [...stickyAssign(members, partitions).values()];
        expect(assigned.flat().sort((a, b) => a - b)).toEqual(partitions);
        const counts = assigned.map(({ length }) => length);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('moves nothing when nobody came or went', () => {
    const first = stickyAssign(['a', 'b', 'c'].map(fresh), [0, 1, 2, 3]);
    const members = [...first].map(([memberId, owned]) => ({ memberId, owned })).reverse();
    expect(stickyAssign(members, [0, 1, 2, 3])).toEqual(first);
  });

  const fresh = (memberId: string): { memberId: string; owned: number[] } => ({
    memberId,
    owned: [],
  });
});
