import fc from 'fast-check';
import { parseTenancyRecord } from './tenancy-record';
import type { TenancyRecord } from './tenancy';

const UUID = '0193a8c0-0000-7000-8000-000000000001';
const KEY: TenancyRecord = {
  kind: 'key',
  id: 'ab'.repeat(32),
  version: 7,
  data: {
    keyId: UUID,
    orgId: UUID,
    appId: UUID,
    environment: 'staging',
    isActive: true,
    expiresAtMs: null,
    limitPerSecond: 80,
    limitPerMinute: 4_800,
  },
};
const APPLICATION: TenancyRecord = {
  kind: 'application',
  id: UUID,
  version: 8,
  data: {
    appId: UUID,
    handle: 'demo',
    orgId: UUID,
    status: 'ACTIVATED',
    channel: { phoneNumberId: '1', wabaId: '2', sealedAccessToken: 'AA==' },
    testNumberHashes: ['cd'.repeat(32)],
  },
};
const SESSION: TenancyRecord = {
  kind: 'session',
  id: UUID,
  version: 9,
  data: { isEnded: false, tokenVersion: 2, forgetAtMs: 1_700_000_000_000 },
};
const VALID: TenancyRecord[] = [
  SESSION,
  { ...SESSION, data: null },
  KEY,
  APPLICATION,
  { ...KEY, data: null },
  { ...APPLICATION, data: null },
  { ...APPLICATION, data: { ...APPLICATION.data, channel: null } } as TenancyRecord,
  { kind: 'watermark', version: 9, atMs: 1_700_000_000_000 },
];
const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe('parseTenancyRecord', () => {
  it.each(VALID)('gives back what was written: %j', (record) => {
    expect(parseTenancyRecord(bytes(record))).toEqual(record);
  });

  it('refuses a record with any of its fields missing', () => {
    for (const record of VALID) {
      for (const field of Object.keys(record)) {
        expect(parseTenancyRecord(bytes({ ...record, [field]: undefined }))).toBeNull();
      }
    }
    for (const record of [KEY, APPLICATION, SESSION]) {
      for (const field of Object.keys(record.data ?? {})) {
        const data = { ...record.data, [field]: undefined };
        expect(parseTenancyRecord(bytes({ ...record, data }))).toBeNull();
      }
    }
  });

  it('counts the version of a record whose kind a later release added', () => {
    const record = { kind: 'tariff', id: 'x', version: 10, data: { anything: true } };
    expect(parseTenancyRecord(bytes(record))).toEqual({
      kind: 'other',
      id: 'x',
      version: 10,
      data: null,
    });
  });

  it('refuses whatever else arrives without throwing', () => {
    fc.assert(fc.property(fc.json(), (json) => parseTenancyRecord(Buffer.from(json)) === null));
    fc.assert(
      fc.property(fc.uint8Array(), (noise) => parseTenancyRecord(Buffer.from(noise)) === null),
    );
  });
});
