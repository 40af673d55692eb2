import type { AddressedMessageRecord } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { ORG_ID, call, startEdge, type Answer, type Edge } from './edge-fixture';
import { accessToken } from './signed-in';

const ID = '0193a8c0-0000-7000-8000-0000000000c1';
const AT = '2026-11-28T10:00:00.000Z';
const RECORD: AddressedMessageRecord = {
  messageId: ID,
  wamid: 'wamid.X',
  to: '+90*****67',
  type: 'text',
  state: 'sent',
  isFake: false,
  createdAt: AT,
  updatedAt: AT,
  statuses: [
    { state: 'sending', at: AT },
    { state: 'accepted', at: AT },
    { state: 'sent', at: AT },
  ],
  error: null,
};
const SHOWN = {
  id: ID,
  wamid: 'wamid.X',
  to: '+90*****67',
  type: 'text',
  state: 'sent',
  isFake: false,
  createdAt: AT,
  updatedAt: AT,
};

let edge: Edge;
let owner: string;
beforeAll(async () => {
  edge = await startEdge();
  owner = await accessToken('owner');
});
afterAll(() => edge.close());
beforeEach(() => {
  edge.stages.reset();
  edge.stages.commands.length = 0;
});

const ask = (path = '', key = owner): Promise<Answer> =>
  call(edge, `/api/v1/applications/demo/messages${path}`, { key });

const bodyOf = ({ text }: Answer): unknown => JSON.parse(text);

describe('GET /api/v1/applications/{appId}/messages', () => {
  it('is a part of the list, and where it goes on', async () => {
    const error = { code: 'META_002', description: 'Refused.', meta: null };
    const failed = { ...RECORD, state: 'rejected' as const, to: null, wamid: null, error };
    edge.stages.on('dispatcher', 'messages.list', () => ({
      messages: [RECORD, failed],
      nextCursor: ID,
    }));
    expect(bodyOf(await ask())).toEqual({
      isSuccess: true,
      data: [SHOWN, { ...SHOWN, state: 'rejected', to: null, wamid: null, error }],
      pagingMetadata: { nextCursor: ID },
    });
  });

  it.each(['%2B905321234567', '+905321234567', '905321234567'])(
    'hands its filters on, the recipient %s as digits',
    async (recipient) => {
      edge.stages.on('dispatcher', 'messages.list', () => ({ messages: [], nextCursor: null }));
      const query = `from=${AT}&to=${AT}&state=read&recipient=${recipient}&after=${ID}&limit=7`;
      expect(bodyOf(await ask(`?${query}`))).toEqual({
        isSuccess: true,
        data: [],
        pagingMetadata: { nextCursor: null },
      });
      expect(edge.stages.commands).toEqual([
        {
          service: 'dispatcher',
          command: 'messages.list',
          request: {
            orgId: ORG_ID,
            appId: 'demo',
            from: AT,
            to: AT,
            state: 'read',
            recipient: '905321234567',
            after: ID,
            limit: 7,
          },
        },
      ]);
    },
  );

  it.each(['limit=0', 'limit=101', 'state=x', 'from=soon', 'recipient=12', 'after=x'])(
    'refuses %s and asks nobody',
    async (query) => {
      expect(await ask(`?${query}`)).toMatchObject({ status: 400, code: 'GW_003' });
      expect(edge.stages.commands).toEqual([]);
    },
  );

  it('is the end of an empty list before there is an organization', async () => {
    expect(bodyOf(await ask('', await accessToken(null)))).toEqual({
      isSuccess: true,
      data: [],
      pagingMetadata: { nextCursor: null },
    });
  });
});

describe('GET /api/v1/applications/{appId}/messages/{id}', () => {
  it('is the message with its timeline and what it cost', async () => {
    edge.stages.on('dispatcher', 'messages.detail', () => RECORD);
    edge.stages.findCost = () => Promise.resolve({ costMicroUsd: '1000' });
    const answer = await ask(`/${ID}`);
    const data = { ...SHOWN, timeline: RECORD.statuses, costUsd: '0.001' };
    expect(bodyOf(answer)).toEqual({ isSuccess: true, data });
    expect(edge.stages.commands[0]?.request).toEqual({ orgId: ORG_ID, appId: 'demo', id: ID });
  });

  it('is shown without its cost while billing is down', async () => {
    edge.stages.on('dispatcher', 'messages.detail', () => RECORD);
    edge.stages.findCost = () => Promise.reject(new AppError('GW_008'));
    const answer = await ask(`/${ID}`);
    expect([answer.status, bodyOf(answer)]).toMatchObject([200, { data: { costUsd: null } }]);
  });

  it.each(['wamid.X', 'x'])('%s is no message', async (id) => {
    expect(await ask(`/${id}`)).toMatchObject({ status: 404, code: 'GW_404' });
    expect(edge.stages.commands).toEqual([]);
  });
});

describe('both', () => {
  it.each(['', `/${ID}`])("of another tenant's application are 404: %s", async (path) => {
    edge.stages.otherwise = () => Promise.reject(new AppError('GW_404'));
    expect(await ask(path)).toMatchObject({ status: 404, code: 'GW_404', params: {} });
  });

  it.each(['', `/${ID}`])('with the dispatcher down are GW_008 within 2 s: %s', async (path) => {
    const startedMs = performance.now();
    const answer = await ask(path);
    expect([answer.status, answer.code]).toEqual([503, 'GW_008']);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(performance.now() - startedMs).toBeLessThan(2_500);
  });
});
