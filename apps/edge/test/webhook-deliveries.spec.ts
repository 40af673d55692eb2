import { AppError } from '@gateway/errors';
import { ORG_ID } from './edge-fixture';
import { USER_ID } from './signed-in';
import {
  WebhookCaller,
  DELIVERY,
  FROM,
  REPLAY,
  TO,
  dataOf,
  fieldsOf,
  routeOf,
} from './webhook-fixture';

let caller: WebhookCaller;
beforeAll(async () => {
  caller = await WebhookCaller.start();
});
afterAll(() => caller.edge.close());
beforeEach(() => {
  caller.reset();
});

describe('deliveries', () => {
  it('are a page whose numbers agree', async () => {
    caller.playAll();
    const answer = await caller.ask('/webhook/deliveries?pageNumber=2&pageSize=20');
    expect(JSON.parse(answer.text)).toEqual({
      isSuccess: true,
      data: [DELIVERY],
      pagingMetadata: {
        currentPage: 2,
        pageSize: 20,
        totalCount: 41,
        totalPages: 3,
        hasNext: true,
      },
    });
  });

  it('are asked for by state, event and time', async () => {
    caller.playAll();
    await caller.ask(
      `/webhook/deliveries?state=held&event=read&from=${FROM}&to=${encodeURIComponent(TO)}`,
    );
    expect(caller.asked()[0]?.request).toEqual({
      orgId: ORG_ID,
      appId: 'demo',
      pageNumber: 1,
      pageSize: 20,
      state: 'held',
      event: 'read',
      from: FROM,
      to: TO,
    });
  });

  it.each([
    'pageNumber=0',
    'pageNumber=x',
    'pageSize=101',
    'pageSize=0',
    'state=lost',
    'event=call',
    'from=yesterday',
    'to=2026-11-28',
    'state=held&state=held',
  ])('refuse ?%s', async (query) => {
    expect(await caller.ask(`/webhook/deliveries?${query}`)).toMatchObject({
      status: 400,
      code: 'GW_003',
    });
    expect(caller.asked()).toEqual([]);
  });

  it('in flight are not sent again: GW_011', async () => {
    caller.edge.stages.on('webhooks', 'deliveries.resend', () => {
      throw new AppError('GW_011', { params: { reason: 'an attempt is in flight' } });
    });
    expect(await caller.askRoute(routeOf('resend'))).toMatchObject({ status: 409, code: 'GW_011' });
  });
});

describe('a replay', () => {
  it('is created with 201, read, and canceled with 204', async () => {
    caller.playAll();
    const created = await caller.askRoute(routeOf('create replay'));
    expect([created.status, dataOf(created)]).toEqual([201, REPLAY]);
    expect(dataOf(await caller.askRoute(routeOf('read replay')))).toEqual(REPLAY);
    expect(await caller.askRoute(routeOf('cancel replay'))).toMatchObject({
      status: 204,
      text: '',
    });
    expect(caller.asked()[0]?.request).toEqual({
      orgId: ORG_ID,
      userId: USER_ID,
      appId: 'demo',
      from: FROM,
      to: TO,
    });
  });

  it.each([
    [{ from: FROM }, 'to'],
    [{ to: TO }, 'from'],
    [{ from: FROM, to: '2026-11-02' }, 'to'],
    [{ from: 1, to: TO }, 'from'],
    [{ from: FROM, to: TO, includeDelivered: 'no' }, 'includeDelivered'],
    [{ from: FROM, to: TO, state: 'x' }, 'state'],
  ])('refuses %j', async (body, path) => {
    const answer = await caller.askRoute(routeOf('create replay'), { body });
    expect(answer.code).toBe('GW_003');
    expect(fieldsOf(answer).map((field) => field.path)).toEqual([path]);
  });
});
