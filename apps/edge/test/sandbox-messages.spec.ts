import type { ApplicationRecord } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { APP_ID, ORG_ID, call, startEdge, type Answer, type Edge } from './edge-fixture';
import { accessToken } from './signed-in';

const NUMBER_ID = '0193a8c0-0000-7000-8000-0000000000d1';
const AT = '2026-11-28T10:00:00.000Z';
const APPLICATION: ApplicationRecord = {
  id: APP_ID,
  appId: 'demo',
  displayName: 'Demo',
  status: 'ACTIVATED',
  createdAt: AT,
  updatedAt: AT,
  contact: null,
  channel: {
    platform: 'whatsapp',
    id: NUMBER_ID,
    phoneNumber: null,
    phoneNumberId: '12345',
    wabaId: '67890',
    businessUsername: null,
    verifiedName: null,
  },
};
const CUSTOM = { testNumberId: NUMBER_ID, messageType: 'CUSTOM', message: 'Hi\nthere "you"' };

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

function playAuth(application = APPLICATION): void {
  edge.stages.on('auth', 'application.get', () => application);
  edge.stages.on('auth', 'test-numbers.list', () => [
    { id: NUMBER_ID, appId: 'demo', title: null, phoneNumber: '+905321234567' },
  ]);
}

const send = (body: object = CUSTOM, key = owner): Promise<Answer> =>
  call(edge, '/api/v1/applications/demo/sandbox/messages/test', { method: 'POST', key, body });

describe('POST /api/v1/applications/{appId}/sandbox/messages/test', () => {
  it('enters the path as a message of the application, with limits of its own', async () => {
    playAuth();
    const answer = await send();
    expect(answer.status).toBe(200);
    const { data } = JSON.parse(answer.text) as { data: { elapsedMs: number } };
    const [submitted] = edge.stages.submitted;
    expect(data).toEqual({
      testNumberId: NUMBER_ID,
      to: '+905321234567',
      messageType: 'CUSTOM',
      messageId: submitted?.journey.messageId,
      elapsedMs: data.elapsedMs,
    });
    expect(Number.isInteger(data.elapsedMs)).toBe(true);
    expect(submitted?.journey).toMatchObject({
      appId: APP_ID,
      orgId: ORG_ID,
      keyId: APP_ID,
      type: 'text',
      isFake: false,
      limits: { perSecond: 1, perMinute: 60 },
    });
    expect(JSON.parse(submitted?.record.value?.toString() ?? '')).toEqual({
      messaging_product: 'whatsapp',
      to: '905321234567',
      type: 'text',
      text: { body: CUSTOM.message },
    });
  });

  it.each<[string, object]>([
    ['messageType', { ...CUSTOM, messageType: 'TEMPLATE' }],
    ['testNumberId', { ...CUSTOM, testNumberId: 'x' }],
    ['message', { ...CUSTOM, message: '' }],
    ['message', { ...CUSTOM, message: 'x'.repeat(4_097) }],
    ['to', { ...CUSTOM, to: '905321234567' }],
  ])('names a wrong %s and sends nothing', async (path, body) => {
    playAuth();
    const answer = await send(body);
    expect([answer.status, answer.code]).toEqual([400, 'GW_003']);
    expect(answer.params?.fields).toMatchObject([{ path }]);
    expect([edge.stages.commands, edge.stages.submitted]).toEqual([[], []]);
  });

  it("answers another tenant's application or number with 404 and sends nothing", async () => {
    edge.stages.otherwise = () => Promise.reject(new AppError('GW_404'));
    const foreign = await send();
    expect(foreign).toMatchObject({ status: 404, code: 'GW_404', params: {} });
    playAuth();
    const unknown = await send({ ...CUSTOM, testNumberId: APP_ID });
    expect(unknown.text).toBe(foreign.text);
    expect(edge.stages.submitted).toEqual([]);
  });

  it('sends nothing for an application without a channel, or one that is not active', async () => {
    for (const part of [{ channel: null }, { status: 'DRAFT' as const }]) {
      playAuth({ ...APPLICATION, ...part });
      expect(await send()).toMatchObject({ status: 403, code: 'AUTH_007' });
    }
    expect(edge.stages.submitted).toEqual([]);
  });

  it('says what the path says', async () => {
    playAuth();
    edge.stages.answer = ({ journey: { messageId } }) => ({
      kind: 'refused',
      from: 'rate-limiter',
      messageId,
      isReplayed: false,
      code: 'RATE_001',
      params: { limit_type: 'sec', retry_after: '1s' },
      retryAfterSeconds: 1,
    });
    const answer = await send();
    expect([answer.status, answer.code]).toEqual([429, 'RATE_001']);
    expect(answer.headers.get('retry-after')).toBe('1');
  });

  it('sends nothing for somebody who may only read, or while auth is down', async () => {
    const reader = await accessToken('read-only');
    expect(await send(CUSTOM, reader)).toMatchObject({ status: 403, code: 'AUTH_013' });
    expect(await send()).toMatchObject({ status: 503, code: 'GW_008' });
    expect(edge.stages.submitted).toEqual([]);
  });
});
