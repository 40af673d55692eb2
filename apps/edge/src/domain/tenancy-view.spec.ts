import type { ApplicationContext, KeyContext, TenancyRecord } from '@gateway/contracts';
import { TenancyView } from './tenancy-view';

const T0 = Date.UTC(2026, 0, 1);
const key = (more: Partial<KeyContext> = {}): KeyContext => ({
  keyId: 'k',
  orgId: 'o',
  appId: 'a',
  environment: 'production',
  isActive: true,
  expiresAtMs: null,
  limitPerSecond: 80,
  limitPerMinute: 4_800,
  ...more,
});
const application: ApplicationContext = {
  appId: 'a',
  handle: 'demo',
  orgId: 'o',
  status: 'ACTIVATED',
  channel: null,
  testNumberHashes: [],
};

function view(): {
  read: TenancyView;
  write: (...records: TenancyRecord[]) => void;
  watermark: (version: number, atMs?: number) => void;
} {
  const read = new TenancyView();
  const write = (...records: TenancyRecord[]): void => {
    for (const record of records) {
      const id = record.kind === 'watermark' ? 'watermark' : `${record.kind}:${record.id}`;
      read.apply({ key: id, record, stampMs: T0 });
    }
  };
  const watermark = (version: number, atMs = T0): void => {
    read.apply({ key: 'watermark', record: { kind: 'watermark', version, atMs }, stampMs: atMs });
  };
  return { read, write, watermark };
}

const keyRecord = (version: number, data: KeyContext | null = key(), id = 'h'): TenancyRecord => ({
  kind: 'key',
  id,
  version,
  data,
});
const applicationRecord = (version: number): TenancyRecord => ({
  kind: 'application',
  id: 'a',
  version,
  data: application,
});

describe('TenancyView', () => {
  it('is fresh once it is read to the end, from the last watermark on, holes below it or not', () => {
    const { read, write, watermark } = view();
    read.beginLoad();
    write(applicationRecord(3), keyRecord(17));
    watermark(20);
    expect(read.isFresh(T0)).toBe(false);
    read.endLoad();
    expect(read.isFresh(T0)).toBe(true);
    expect(read.find('h')?.key.data).toEqual(key());
    expect(read.find('h')?.application?.data).toEqual(application);
  });

  it('is not fresh before there is any watermark, and from the first one on', () => {
    const { read, write, watermark } = view();
    read.beginLoad();
    write(keyRecord(1));
    read.endLoad();
    expect(read.isFresh(T0)).toBe(false);
    watermark(1);
    expect(read.isFresh(T0)).toBe(true);
  });

  it('stops being fresh when the watermark is 4 s old, by the older of stamp and its own time', () => {
    const { read, watermark } = view();
    read.beginLoad();
    watermark(1);
    read.endLoad();
    expect(read.isFresh(T0 + 3_999)).toBe(true);
    expect(read.isFresh(T0 + 4_000)).toBe(false);
    // Written late: it says nothing of the time since it was made.
    const late: TenancyRecord = { kind: 'watermark', version: 1, atMs: T0 + 1_000 };
    read.apply({ key: 'watermark', record: late, stampMs: T0 + 9_000 });
    expect(read.isFresh(T0 + 6_001)).toBe(false);
    watermark(1, T0 + 9_000);
    expect(read.isFresh(T0 + 9_500)).toBe(true);
  });

  it('stays fresh while versions follow', () => {
    const { read, write, watermark } = view();
    read.beginLoad();
    watermark(5);
    read.endLoad();
    write(keyRecord(6), keyRecord(7, key({ isActive: false })));
    watermark(7);
    expect(read.isFresh(T0)).toBe(true);
    expect(read.find('h')?.key.data?.isActive).toBe(false);
  });

  it.each([
    [
      'a version is left out',
      (write: (record: TenancyRecord) => void) => {
        write(keyRecord(7));
      },
    ],
    [
      'a watermark names more than was seen',
      (_write: unknown, watermark: (version: number) => void) => {
        watermark(6);
      },
    ],
  ])('sees a gap when %s, and heals by reading again', (_name, lose) => {
    const { read, write, watermark } = view();
    read.beginLoad();
    watermark(5);
    read.endLoad();
    lose(write, watermark);
    expect(read.hasGap).toBe(true);
    expect(read.isFresh(T0)).toBe(false);
    write(keyRecord(8));
    watermark(8);
    expect(read.isFresh(T0)).toBe(false);
    read.beginLoad();
    write(keyRecord(8));
    watermark(8);
    read.endLoad();
    expect(read.isFresh(T0)).toBe(true);
  });

  it('drops on reading again what is no longer in the topic', () => {
    const { read, write, watermark } = view();
    read.beginLoad();
    write(keyRecord(1), applicationRecord(2));
    watermark(2);
    read.endLoad();
    read.beginLoad();
    expect(read.find('h')).toBeDefined();
    watermark(3);
    read.endLoad();
    expect(read.find('h')).toBeUndefined();
  });

  it('ignores records and watermarks that are older than what it knows', () => {
    const { read, write, watermark } = view();
    read.beginLoad();
    write(keyRecord(4, key({ isActive: false })), applicationRecord(5));
    watermark(5);
    read.endLoad();
    write(keyRecord(3));
    watermark(3, T0 + 4_000);
    expect(read.find('h')?.key.data?.isActive).toBe(false);
    expect(read.isFresh(T0 + 4_000)).toBe(false);
  });

  it("is not undone by an event that is older than auth's own answer", () => {
    const { read, write, watermark } = view();
    read.beginLoad();
    watermark(5);
    read.endLoad();
    const revoked = key({ isActive: false });
    read.confirm('h', { version: 9, key: revoked, application }, T0 + 100);
    write(keyRecord(6), keyRecord(7));
    expect(read.find('h')?.key).toEqual({ version: 9, data: revoked, confirmedAtMs: T0 + 100 });
    write(keyRecord(10, key()));
    expect(read.find('h')?.key.data?.isActive).toBe(true);
  });

  it('knows deleted keys, forgets tombstones, marks what cannot be read', () => {
    const { read, write, watermark } = view();
    read.beginLoad();
    write(keyRecord(1, null), keyRecord(2, key(), 'i'), keyRecord(3, key(), 'j'));
    watermark(3);
    read.endLoad();
    expect(read.find('h')?.key.data).toBeNull();
    read.apply({ key: 'key:i', record: null, stampMs: T0 });
    expect(read.find('i')).toBeUndefined();
    read.apply({ key: 'key:j', record: undefined, stampMs: T0 });
    expect(read.find('j')?.key.data).toBeUndefined();
    for (const name of [null, '', 'key', 'other:j', 'watermark']) {
      read.apply({ key: name, record: undefined, stampMs: T0 });
      read.apply({ key: name, record: null, stampMs: T0 });
    }
    expect(read.find('j')).toBeDefined();
  });
});
