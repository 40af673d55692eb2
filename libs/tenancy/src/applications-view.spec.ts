import type { ApplicationContext, TenancyRecord } from '@gateway/contracts';
import { ApplicationsView } from './applications-view';

const application = (handle: string): ApplicationContext => ({
  appId: 'a',
  orgId: 'o',
  handle,
  status: 'ACTIVATED',
  channel: null,
  testNumberHashes: [],
});
const change = (version: number, data: ApplicationContext | null): TenancyRecord => ({
  kind: 'application',
  id: 'a',
  version,
  data,
});
const watermark = (version: number, atMs: number): TenancyRecord => ({
  kind: 'watermark',
  version,
  atMs,
});

function aView(...records: TenancyRecord[]): {
  view: ApplicationsView;
  read: (record: TenancyRecord) => void;
} {
  const view = new ApplicationsView();
  const read = (record: TenancyRecord) => {
    const key = record.kind === 'watermark' ? 'watermark' : `${record.kind}:${record.id}`;
    view.apply({ key, record, stampMs: record.kind === 'watermark' ? record.atMs : 0 });
  };
  view.beginLoad();
  for (const record of records) read(record);
  view.endLoad();
  return { view, read };
}

describe('the published applications', () => {
  it('are believed behind a recent watermark, holes below the first one aside', () => {
    const { view } = aView(
      change(3, application('x')),
      change(9, application('y')),
      watermark(9, 1_000),
    );
    expect(view.find('a')?.handle).toBe('y');
    expect(view.isFresh(4_900)).toBe(true);
    expect(view.isFresh(5_000)).toBe(false);
  });

  it('are not believed after a gap, until everything was read again', () => {
    const { view, read } = aView(watermark(9, 1_000));
    read(change(11, application('z')));
    read(watermark(11, 2_000));
    expect(view.hasGap).toBe(true);
    expect(view.isFresh(2_100)).toBe(false);
    view.beginLoad();
    read(change(10, application('w')));
    read(change(11, application('z')));
    read(watermark(11, 3_000));
    view.endLoad();
    expect(view.isFresh(3_100)).toBe(true);
  });

  it('see a lost record by the watermark alone', () => {
    const { view, read } = aView(watermark(9, 1_000));
    read(watermark(10, 2_000));
    expect(view.isFresh(2_100)).toBe(false);
  });

  it('keep the newest version, and lose what is deleted', () => {
    const { view, read } = aView(change(2, application('new')), watermark(2, 0));
    read(change(1, application('old')));
    expect(view.find('a')?.handle).toBe('new');
    read(change(3, null));
    expect(view.find('a')).toBeNull();
    read(change(4, application('back')));
    view.apply({ key: 'application:a', record: null, stampMs: 0 });
    expect(view.find('a')).toBeNull();
  });
});
