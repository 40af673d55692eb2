import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { processEnvironment } from '@gateway/platform';
import { until } from '@gateway/testing';
import { Client } from 'pg';
import type { Browser, Page } from 'playwright-core';
import {
  NARROW,
  WIDE,
  openBrowser,
  seriousViolations,
  sidewaysPixels,
  tabTo,
  visit,
} from './browser';
import { GatewayClient } from './gateway-client';
import { GatewayProcess } from './gateway-process';

const FIRST_LOAD_BYTES_MAX = 300 * 1024;
const ENTRY_PAGES = ['/sign-in', '/register', '/forgot-password'];
const PAGES = [
  'Overview',
  'Messages',
  'Developers',
  'Sandbox',
  'Webhooks',
  'Phone number',
  'Wallet',
  'Members',
];
/** Set, the pages are pictured anew: UPDATE_SCREENSHOTS=true npx jest apps/standalone/test/dashboard.spec.ts */
const isPictured = processEnvironment().UPDATE_SCREENSHOTS === 'true';
/** Hostile, unless it is seen in pictures. */
const APPLICATION = isPictured ? 'Web shop' : 'Zażółć 🚀 <b>orders</b>';
const PICTURES = join(__dirname, '../../../docs/images');

let gateway: GatewayProcess;
let browser: Browser | undefined;
beforeAll(async () => {
  gateway = await GatewayProcess.start({ profile: 'standalone' });
  browser = await openBrowser();
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await gateway.stop();
}, 60_000);

jest.setTimeout(240_000);

const open = (options?: Parameters<typeof visit>[1]) => {
  if (browser === undefined) throw new Error('the browser did not start');
  return visit(browser, options);
};

describe('the dashboard before the sign-in', () => {
  it('is where npm start says, and leads a stranger to the sign-in', async () => {
    expect(gateway.printed).toContain(`Dashboard    ${gateway.demo.dashboardUrl}`);
    const { context, page } = await open();
    await page.goto(gateway.demo.dashboardUrl);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/sign-in');
    await context.close();
  });

  it('asks nobody else for anything, breaks no rule of its policy, and is small', async () => {
    const { context, page, requests, complaints } = await open();
    const sizes: Promise<number>[] = [];
    page.on('requestfinished', (request) => {
      sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
    });
    await page.goto(`${gateway.url}/sign-in`, { waitUntil: 'networkidle' });
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(FIRST_LOAD_BYTES_MAX);
    expect(requests.filter((url) => !url.startsWith(gateway.url))).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it.each(ENTRY_PAGES)('%s has no serious flaw for axe, in light and dark', async (path) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { context, page } = await open({ colorScheme, bypassCSP: true });
      await page.goto(gateway.url + path, { waitUntil: 'networkidle' });
      expect(await seriousViolations(page)).toEqual([]);
      await context.close();
    }
  });

  it.each(ENTRY_PAGES)('%s fits on a telephone', async (path) => {
    const { context, page } = await open({ viewport: NARROW });
    await page.goto(gateway.url + path, { waitUntil: 'networkidle' });
    expect(await sidewaysPixels(page)).toBe(0);
    await context.close();
  });

  it('refuses a wrong password by its code and says what to do, by keyboard alone', async () => {
    const { context, page } = await open();
    await page.goto(`${gateway.url}/sign-in`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await tabTo(page, 'E-mail');
    await page.keyboard.type('nobody@example.com');
    await tabTo(page, 'Password');
    await page.keyboard.type('not the password');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'AUTH_010' }).waitFor();
    expect(await page.getByRole('alert').textContent()).toContain('Wrong e-mail or password.');
    await context.close();
  });
});

describe('a newcomer in the dashboard', () => {
  it('goes from the registration to a delivered message and a revoked key', async () => {
    const { context, page, complaints } = await open();
    await page.goto(`${gateway.url}/register`);
    await page.getByLabel('First name').fill('Ada');
    await page.getByLabel('Last name').fill('Lovelace');
    await page.getByLabel('E-mail').fill('ada@example.com');
    await page.getByRole('textbox', { name: 'Password' }).fill('a long password of a newcomer');
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('textbox', { name: 'Organization' }).fill('Analytical Engines');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill(APPLICATION);
    await page.getByRole('button', { name: 'Create application' }).click();
    await page.getByRole('link', { name: 'Developers' }).click();
    const key = await createKey(page);
    expect(await sendFake(key)).toEqual([200, undefined]);

    await openPage(page, 'Phone number');
    await page.getByRole('button', { name: 'Use a simulator number' }).click();
    await page.getByRole('heading', { name: 'Connected number' }).waitFor();
    await openPage(page, 'Wallet');
    await page.getByRole('button', { name: '$10', exact: true }).click();
    await page.getByRole('button', { name: 'Top up' }).click();
    await page.getByRole('status').filter({ hasText: 'on its way to your wallet' }).waitFor();
    await seeDelivered(page, key);
    if (isPictured) await livelyPast();
    for (const name of PAGES) {
      await openPage(page, name);
      await SHOWN[name]?.(page);
      expect([name, await seriousViolations(page)]).toEqual([name, []]);
      if (isPictured) await picture(page, name);
    }
    await openPage(page, 'Developers');

    // The session lives in a cookie that no script reads; a new page of the tab begins with it.
    expect(await page.evaluate('document.cookie')).toBe('');
    await page.reload();
    await page.getByRole('button', { name: 'Revoke Shop backend' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    const untilMs = Date.now() + 5_000;
    let outcome = await sendFake(key);
    while (outcome[0] === 200 && Date.now() < untilMs) outcome = await sendFake(key);
    expect(outcome).toEqual([401, 'AUTH_001']);
    expect(complaints).toEqual([]);
    await context.close();
  });
});

/** What a page shows of what has happened, before it is judged. */
const SHOWN: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  Overview: async (page) => {
    const messages = page.getByRole('region', { name: 'Messages', exact: true });
    await messages.getByRole('img', { name: /[1-9]\d* sent, \d+ received/ }).waitFor();
    // An hour without messages has a bar of no height.
    const bars = messages.locator('svg .recharts-bar-rectangle').filter({ visible: true });
    await bars.first().waitFor();
    expect(await messages.getByRole('definition').first().textContent()).toMatch(/^[1-9]/);
    for (const span of ['7 days', '30 days', 'By hour']) {
      await messages.getByText(span, { exact: true }).click();
      await messages.getByRole('img', { name: /[1-9]\d* sent/ }).waitFor();
    }
    await page.setViewportSize(NARROW);
    // The chart follows the window a moment later.
    await until(async () => (await sidewaysPixels(page)) <= 0);
    await page.setViewportSize(WIDE);
    await messages.getByRole('img', { name: /[1-9]\d* sent/ }).waitFor();
  },
  Messages: async (page) => {
    await page
      .getByRole('row')
      .filter({ hasText: /Delivered|Read/ })
      .first()
      .waitFor();
  },
};

/** For pictures alone: hours of a shop, so that a chart has something to show. */
async function livelyPast(): Promise<void> {
  const client = new Client({ connectionString: gateway.databaseUrl });
  await client.connect();
  const ofHour = (hour: string, most: number): string =>
    `round(${most} * (1.15 + sin((extract(hour from ${hour}) - 9) / 12 * pi())) * (0.8 + 0.1 * (extract(hour from ${hour})::int * 7 % 5)))`;
  const hours = `generate_series(date_trunc('hour', now()) - interval '29 days', date_trunc('hour', now()) - interval '1 hour', interval '1 hour') hour`;
  const shop = `(select distinct org_id, app_id from dispatcher.messages where flags & 1 = 0) shop`;
  for (const [kind, state, most] of [
    ['session', 'read', 9],
    ['template', 'delivered', 14],
    ['session', 'failed', 0.4],
  ] as const) {
    await client.query(
      `insert into dispatcher.message_hours (org_id, app_id, hour, kind, state, message_count)
       select org_id, app_id, hour, $1, $2, ${ofHour('hour', most)} from ${shop}, ${hours}`,
      [kind, state],
    );
  }
  await client.query(
    `insert into webhooks.incoming_hours (org_id, app_id, hour, message_count)
     select org_id, app_id, hour, ${ofHour('hour', 7)} from ${shop}, ${hours}`,
  );
  await client.query(
    `insert into billing.usage_hours (org_id, app_id, hour, category, message_count, amount_micro_usd)
     select org_id, app_id, hour, category, count, count * fee
     from (values ('infrastructure', 23, 1000), ('marketing', 14, 10900)) as charge (category, most, fee),
       ${shop}, ${hours}, lateral (select ${ofHour('hour', 1)} * most as count) counted`,
  );
  await client.end();
}

async function openPage(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name, exact: true }).click();
  await page.getByRole('heading', { level: 1 }).waitFor();
}

/** The page shows by itself what the receiver gets. */
async function seeDelivered(page: Page, key: string): Promise<void> {
  const receiver = await Receiver.start();
  await openPage(page, 'Webhooks');
  await page.getByRole('textbox', { name: 'URL' }).fill(receiver.url);
  await page.getByRole('button', { name: 'Set webhook' }).click();
  await page.getByLabel('Signing secret', { exact: true }).waitFor();
  const wamid = await sendReal(key);
  await receiver.untilReceived((body) => body.includes(wamid) && body.includes('"delivered"'));
  await page.getByRole('row').filter({ hasText: 'HTTP 204' }).first().waitFor();
  await receiver.close();
}

/** A number that was just connected is known to every part within seconds. */
async function sendReal(key: string): Promise<string> {
  const client = new GatewayClient(gateway.url, key);
  const untilMs = Date.now() + 60_000;
  let answer = await client.send();
  while (answer.status !== 200 && Date.now() < untilMs) answer = await client.send();
  expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('wamid.')]);
  return answer.body.data?.messages?.[0]?.id ?? '';
}

async function picture(page: Page, name: string): Promise<void> {
  const firstSteps = page.getByRole('button', { name: 'Put the first steps away' });
  if (await firstSteps.isVisible()) await firstSteps.click();
  await page.mouse.move(0, 0);
  await page.waitForLoadState('networkidle');
  await page.screenshot({ path: join(PICTURES, `${name.toLowerCase().replace(' ', '-')}.png`) });
}

/** A backend on this machine that takes every webhook. */
class Receiver {
  private readonly bodies: string[] = [];

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        this.bodies.push(body);
        response.writeHead(204).end();
      });
    });
  }

  static async start(): Promise<Receiver> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Receiver(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  async untilReceived(isIt: (body: string) => boolean): Promise<void> {
    const untilMs = Date.now() + 60_000;
    while (!this.bodies.some(isIt)) {
      if (Date.now() > untilMs) throw new Error(`it did not come: ${this.bodies.join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

async function createKey(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Create key' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Shop backend');
  await dialog.getByRole('button', { name: 'Create key' }).click();
  const key = await dialog.getByLabel('API key', { exact: true }).textContent();
  expect(key).toMatch(/^pk_[0-9A-Za-z]{49}$/);
  expect(await seriousViolations(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'I have stored the key' }).click();
  await dialog.waitFor({ state: 'detached' });
  expect(await page.content()).not.toContain(key);
  return key ?? '';
}

async function sendFake(key: string): Promise<[number, string | undefined]> {
  const client = new GatewayClient(gateway.url, key);
  const { status, body } = await client.send(undefined, { query: '?is_fake=true' });
  return [status, body.errors?.code];
}
