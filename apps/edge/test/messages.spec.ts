import type { MessageRecord } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { APP_ID, ORG_ID, call, startEdge, type Edge } from './edge-fixture';
import { never } from './stages';

const UUID = '0193a8c0-0000-7000-8000-0000000000ff';
const RECORD: MessageRecord = {
  messageId: UUID,
  wamid: 'wamid.A',
  type: 'text',
  state: 'delivered',
  isFake: false,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:01.000Z',
  statuses: [{ state: 'accepted', at: '2026-01-01T00:00:00.500Z' }],
  error: null,
};

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
});
afterEach(() => {
  edge.stages.reset();
});
afterAll(() => edge.close());

const get = (id: string, key?: string | null) =>
  call(edge, `/v1/wa/messages/${id}`, key === undefined ? {} : { key });

it("joins the dispatcher's record with billing's cost, asking each for this tenant only", async () => {
  const asked: unknown[] = [];
  edge.stages.findMessage = (request) => (asked.push(request), Promise.resolve(RECORD));
  edge.stages.findCost = (request) => (
    asked.push(request),
    Promise.resolve({ costMicroUsd: '1000' })
  );
  for (const id of [`msg_${UUID}`, 'wamid.A']) {
    const { status, text, headers } = await get(id);
    expect(status).toBe(200);
    expect(headers.get('x-request-id')).not.toBeNull();
    const { messageId, error, ...rest } = RECORD;
    expect(JSON.parse(text)).toEqual({
      isSuccess: true,
      data: { ...rest, id: `msg_${messageId}`, costUsd: '0.001' },
    });
    expect(error).toBeNull();
  }
  expect(asked).toEqual([
    { orgId: ORG_ID, appId: APP_ID, id: UUID },
    { orgId: ORG_ID, messageId: UUID },
    { orgId: ORG_ID, appId: APP_ID, id: 'wamid.A' },
    { orgId: ORG_ID, messageId: UUID },
  ]);
});

it("shows Meta's error of a message that was refused", async () => {
  const error = { code: 'META_002', description: 'Meta refused the message.', meta: null };
  edge.stages.findMessage = () => Promise.resolve({ ...RECORD, state: 'rejected', error });
  expect((JSON.parse((await get('wamid.A')).text) as { data: object }).data).toMatchObject({
    state: 'rejected',
    error,
    costUsd: '0',
  });
});

it('says GW_404 of what the application does not have, and of what is no id, in one form', async () => {
  const [missing, noId] = [await get(`msg_${UUID}`), await get('anything')];
  expect([missing.status, missing.code, missing.text]).toEqual([404, 'GW_404', noId.text]);
});

it('says GW_008 within 2 s when the dispatcher does not answer', async () => {
  edge.stages.findMessage = never;
  const startedAtMs = Date.now();
  const { status, code, headers } = await get('wamid.A');
  expect([status, code, headers.get('retry-after')]).toEqual([503, 'GW_008', '1']);
  expect(Date.now() - startedAtMs).toBeLessThan(2_000);
});

it('gives the state without its cost when billing does not answer', async () => {
  edge.stages.findMessage = () => Promise.resolve(RECORD);
  edge.stages.findCost = never;
  const { status, text } = await get('wamid.A');
  expect([status, (JSON.parse(text) as { data: { costUsd: unknown } }).data.costUsd]).toEqual([
    200,
    null,
  ]);
});

it('hands on what the dispatcher itself refuses, and says when to come again', async () => {
  edge.stages.findMessage = () => Promise.reject(new AppError('GW_008'));
  const { status, code, headers } = await get('wamid.A');
  expect([status, code, headers.get('retry-after')]).toEqual([503, 'GW_008', '1']);
});

it('needs a key', async () => {
  expect((await get('wamid.A', null)).code).toBe('AUTH_002');
  expect((await get('wamid.A', 'sk_no')).code).toBe('AUTH_001');
});
