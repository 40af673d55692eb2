import type { InsightsRange, OutgoingCounts, UsageOfPeriod } from '@gateway/contracts';
import { APP_ID, ORG_ID, call, startEdge, type Answer, type Edge } from './edge-fixture';
import { accessToken } from './signed-in';

const SHOP = { id: APP_ID, appId: 'demo', displayName: 'Shop', status: 'ACTIVATED' as const };
const BANK = { ...SHOP, id: '0193a8c0-0000-7000-8000-0000000000b2', appId: '__proto__' };
const FIRST = '2026-11-01T00:00:00.000Z';
const SECOND = '2026-11-02T00:00:00.000Z';
const DATES = 'startDate=2026-11-01&endDate=2026-11-02';

const OUTGOING: OutgoingCounts[] = [
  { at: FIRST, session: 3, template: 4, marketingLite: 1 },
  { at: SECOND, session: 0, template: 1, marketingLite: 0 },
];
const USAGE: UsageOfPeriod[] = [
  { at: FIRST, category: 'infrastructure', messageCount: 4, amountMicroUsd: '4000' },
  { at: FIRST, category: 'infrastructure_session', messageCount: 3, amountMicroUsd: '3000' },
  { at: FIRST, category: 'marketing', messageCount: 2, amountMicroUsd: '21800' },
  { at: FIRST, category: 'marketing_lite', messageCount: 1, amountMicroUsd: '10900' },
  { at: SECOND, category: 'infrastructure', messageCount: 1, amountMicroUsd: '1000' },
  { at: SECOND, category: 'utility', messageCount: 1, amountMicroUsd: '5300' },
];

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
  edge.stages.on('auth', 'applications.list', () => [SHOP, BANK]);
  edge.stages.on('dispatcher', 'messages.count', () => ({
    periods: OUTGOING,
    states: { accepted: 5, delivered: 2, failed: 1, rejected: 4 },
  }));
  edge.stages.on('webhooks', 'messages.count', () => [{ at: SECOND, incoming: 7 }]);
  edge.stages.on('billing', 'usage.by-period', () => USAGE);
  edge.stages.on('billing', 'usage.by-application', () =>
    USAGE.map(({ category, messageCount, amountMicroUsd }) => ({
      appId: BANK.id,
      category,
      messageCount,
      amountMicroUsd,
    })),
  );
});

const ask = (path: string, key: string | null = owner): Promise<Answer> =>
  call(edge, `/api/v1/channels/whatsapp/insights${path}`, { key });
const dataOf = ({ text }: Answer): unknown => (JSON.parse(text) as { data: unknown }).data;
const ranges = (): unknown[] =>
  edge.stages.commands.filter(({ service }) => service !== 'auth').map(({ request }) => request);

describe('GET /api/v1/channels/whatsapp/insights/summary', () => {
  it('joins what the owners of applications, messages, events and money say', async () => {
    expect(dataOf(await ask(`/summary?${DATES}`))).toEqual({
      applicationsCount: 2,
      totalMessageCount: 15,
      totalTemplateMessageCount: 5,
      totalMetaCost: 0.038,
      totalCost: 0.046,
    });
    const range: InsightsRange = {
      orgId: ORG_ID,
      appId: null,
      startDate: '2026-11-01',
      endDate: '2026-11-02',
      granularity: 'monthly',
    };
    expect(ranges()).toEqual([range, range, range]);
  });

  it('of one application asks about that one alone', async () => {
    const answer = await ask(`/summary?${DATES}&appId=demo`);
    expect(dataOf(answer)).toMatchObject({ applicationsCount: 1 });
    for (const range of ranges()) expect(range).toMatchObject({ appId: APP_ID });
  });

  it('without dates is of thirty days up to today', async () => {
    expect((await ask('/summary')).status).toBe(200);
    const [range] = ranges() as InsightsRange[];
    const DAY_MS = 86_400_000;
    const days = Date.parse(range?.endDate ?? '') - Date.parse(range?.startDate ?? '');
    expect(days).toBe(29 * DAY_MS);
    expect(Date.now() - Date.parse(range?.endDate ?? '')).toBeLessThan(2 * DAY_MS);
  });

  it('of nothing is zeros', async () => {
    edge.stages.on('auth', 'applications.list', () => []);
    edge.stages.on('dispatcher', 'messages.count', () => ({ periods: [], states: {} }));
    edge.stages.on('webhooks', 'messages.count', () => []);
    edge.stages.on('billing', 'usage.by-period', () => []);
    expect(dataOf(await ask('/summary'))).toEqual({
      applicationsCount: 0,
      totalMessageCount: 0,
      totalTemplateMessageCount: 0,
      totalMetaCost: 0,
      totalCost: 0,
    });
  });
});

describe('GET /api/v1/channels/whatsapp/insights/messages', () => {
  it('is a row for each period, and how the messages stand', async () => {
    expect(dataOf(await ask(`/messages?startDate=2026-11-01&endDate=2026-11-03`))).toEqual({
      stats: {
        total: 15,
        incoming: 7,
        outgoing: 8,
        template: 5,
        accepted: 5,
        sent: 0,
        delivered: 2,
        read: 0,
        failed: 1,
        rejected: 4,
        expired: 0,
        unknown: 0,
      },
      series: [
        { timestamp: FIRST, total: 7, incoming: 0, outgoing: 7, template: 4 },
        { timestamp: SECOND, total: 8, incoming: 7, outgoing: 1, template: 1 },
        { timestamp: '2026-11-03T00:00:00.000Z', total: 0, incoming: 0, outgoing: 0, template: 0 },
      ],
    });
    expect(ranges()).toHaveLength(2);
    expect(ranges()[0]).toMatchObject({ granularity: 'daily' });
  });

  it.each([
    ['hourly', 48],
    ['daily', 2],
    ['weekly', 2],
    ['monthly', 1],
  ])('%s has its periods of the range', async (granularity, count) => {
    const answer = await ask(`/messages?${DATES}&granularity=${granularity}`);
    expect((dataOf(answer) as { series: unknown[] }).series).toHaveLength(count);
    expect(ranges()[0]).toMatchObject({ granularity });
  });

  it('of a range without data is rows of zeros', async () => {
    const answer = await ask('/messages?startDate=2020-01-01&endDate=2020-01-02');
    const zeros = { total: 0, incoming: 0, outgoing: 0, template: 0 };
    expect(dataOf(answer)).toMatchObject({
      series: [
        { timestamp: '2020-01-01T00:00:00.000Z', ...zeros },
        { timestamp: '2020-01-02T00:00:00.000Z', ...zeros },
      ],
    });
  });
});

describe('GET /api/v1/channels/whatsapp/insights/messages/categories', () => {
  it('is every category with what Meta and the gateway charged, as numbers', async () => {
    expect(dataOf(await ask(`/messages/categories?${DATES}`))).toEqual({
      categories: [
        { category: 'marketing', messageCount: 3, metaCost: 0.0327, totalCost: 0.0357 },
        { category: 'utility', messageCount: 1, metaCost: 0.0053, totalCost: 0.0063 },
        { category: 'authentication', messageCount: 0, metaCost: 0, totalCost: 0 },
        { category: 'service', messageCount: 3, metaCost: 0, totalCost: 0.003 },
        { category: 'other', messageCount: 1, metaCost: 0, totalCost: 0.001 },
      ],
    });
  });
});

describe('GET /api/v1/channels/whatsapp/insights/messages/breakup', () => {
  it('is a page of the periods', async () => {
    const answer = await ask(`/messages/breakup?${DATES}&pageSize=1&pageNumber=2`);
    expect(JSON.parse(answer.text)).toEqual({
      isSuccess: true,
      data: [{ date: '2026-11-02', templateSent: 1, outgoingSession: 0, incomingSession: 7 }],
      pagingMetadata: {
        currentPage: 2,
        pageSize: 1,
        totalCount: 2,
        totalPages: 2,
        hasNext: false,
      },
    });
  });

  it('by the hour has the time in its date', async () => {
    const answer = await ask(`/messages/breakup?${DATES}&granularity=hourly&pageSize=1`);
    expect(dataOf(answer)).toEqual([
      { date: FIRST, templateSent: 4, outgoingSession: 3, incomingSession: 0 },
    ]);
  });

  it('behind the last page is empty', async () => {
    expect(dataOf(await ask(`/messages/breakup?${DATES}&pageNumber=9`))).toEqual([]);
  });
});

describe('GET /api/v1/channels/whatsapp/insights/messaging-cost', () => {
  it('is what each period cost, by category', async () => {
    const data = dataOf(await ask(`/messaging-cost?${DATES}`)) as { series: object[] };
    expect(data).toMatchObject({
      stats: { totalCost: 0.046 },
      series: [
        { timestamp: FIRST, totalCost: 0.0397, totalMessageCount: 7 },
        { timestamp: SECOND, totalCost: 0.0063, totalMessageCount: 1 },
      ],
    });
    expect(data.series[1]).toHaveProperty('categories.1', {
      category: 'utility',
      messageCount: 1,
      totalCost: 0.0063,
    });
  });

  it('by application has each by its handle, also the one that cost nothing', async () => {
    const { text } = await ask(`/messaging-cost/apps?${DATES}`);
    expect(text).toBe(
      '{"isSuccess":true,"data":{"demo":{"totalMessageCount":0,"totalMetaCost":0,"totalCost":0},' +
        '"__proto__":{"totalMessageCount":8,"totalMetaCost":0.038,"totalCost":0.046}}}',
    );
  });
});

describe('GET /api/v1/channels/whatsapp/insights/export', () => {
  it('is a row of each day', async () => {
    const rows = dataOf(await ask(`/export?${DATES}`)) as object[];
    expect(rows).toHaveLength(2);
    expect(rows[0]).toEqual({
      date: '2026-11-01',
      templateSentMessages: 4,
      sessionSentMessages: 3,
      sessionReceivedMessages: 0,
      marketingTemplates: 3,
      marketingTemplatesMmLite: 1,
      utilityTemplates: 0,
      authenticationTemplates: 0,
      marketingConversations: 0,
      authenticationConversations: 0,
      utilityConversations: 0,
      serviceConversations: 0,
      totalFreeConversations: 0,
      totalPaidConversations: 0,
    });
  });

  it('asks for both of its dates', async () => {
    expect(await ask('/export')).toMatchObject({
      status: 400,
      code: 'GW_003',
      params: {
        fields: [
          { path: 'startDate', reason: 'is missing' },
          { path: 'endDate', reason: 'is missing' },
        ],
      },
    });
  });
});

const ROUTES = [
  '/summary',
  '/messages',
  '/messages/categories',
  '/messages/breakup',
  '/messaging-cost',
  '/messaging-cost/apps',
  '/export',
];

describe.each(ROUTES)('GET /api/v1/channels/whatsapp/insights%s', (path) => {
  it.each<[string, string[]]>([
    ['startDate=2026-02-30&endDate=soon', ['startDate', 'endDate']],
    ['startDate=2026-11-02&endDate=2026-11-01', ['endDate']],
    ['startDate=2026-11-01&endDate=2026-11-02&appId=a%20b', ['appId']],
    ['startDate=1&endDate=2&appId=', ['startDate', 'endDate', 'appId']],
    ['startDate=2026-11-01&startDate=2026-11-01&endDate=2026-11-02', ['startDate']],
    ['startDate=0001-01-01&endDate=9999-12-31', ['endDate']],
  ])('refuses %s, names each wrong field and asks nobody', async (query, paths) => {
    const { status, code, params } = await ask(`${path}?${query}`);
    const fields = (params as { fields: { path: string }[] }).fields.map((each) => each.path);
    expect([status, code, fields]).toEqual([400, 'GW_003', paths]);
    expect(edge.stages.commands).toEqual([]);
  });

  it("of another tenant's application is 404, as of none, and no owner of counts is asked", async () => {
    const answer = await ask(`${path}?${DATES}&appId=others`);
    expect([answer.status, answer.code, answer.params]).toEqual([404, 'GW_404', {}]);
    expect(ranges()).toEqual([]);
  });

  it.each([
    ['developer', 200],
    ['read-only', 200],
    ['billing', 403],
  ] as const)('for a %s is %d', async (role, status) => {
    expect((await ask(`${path}?${DATES}`, await accessToken(role))).status).toBe(status);
  });

  it('with an owner down is GW_008 within 2 s', async () => {
    edge.stages.on('billing', 'usage.by-period', () => new Promise(() => undefined));
    edge.stages.on('billing', 'usage.by-application', () => new Promise(() => undefined));
    edge.stages.on('webhooks', 'messages.count', () => new Promise(() => undefined));
    const startedMs = performance.now();
    const answer = await ask(`${path}?${DATES}`);
    expect([answer.status, answer.code]).toEqual([503, 'GW_008']);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(performance.now() - startedMs).toBeLessThan(2_500);
  });
});

it.each(['/messages', '/messages/breakup', '/messaging-cost'])(
  '%s refuses a granularity that there is not, and a series that is too long',
  async (path) => {
    expect(await ask(`${path}?granularity=yearly`)).toMatchObject({ code: 'GW_003' });
    const days = 'startDate=2026-10-01&endDate=2026-11-01';
    expect((await ask(`${path}?${days}&granularity=daily`)).status).toBe(200);
    expect(await ask(`${path}?${days}&granularity=hourly`)).toMatchObject({
      status: 400,
      code: 'GW_003',
      params: { fields: [{ path: 'endDate', reason: expect.stringContaining('31') as string }] },
    });
  },
);
