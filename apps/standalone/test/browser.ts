import { readFileSync } from 'node:fs';
import chromiumBinary from '@sparticuz/chromium';
import type { AxeResults } from 'axe-core';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const TIMEOUT_MS = 30_000;

/** Sizes of a desk and of a telephone. */
export const WIDE = { width: 1280, height: 900 } as const;
export const NARROW = { width: 390, height: 844 } as const;

/** The Chromium that comes with its npm package. */
export async function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: await chromiumBinary.executablePath(),
    // In one process, which suits who is billed by memory, the first context that closes ends the browser.
    args: chromiumBinary.args.filter((argument) => argument !== '--single-process'),
    headless: true,
  });
}

interface Visit {
  readonly page: Page;
  /** What the page asked for, by URL. */
  readonly requests: readonly string[];
  /** What the browser complained about: scripts that failed, or that the policy forbids. */
  readonly complaints: readonly string[];
}

/** A visitor with an empty browser. */
export async function visit(
  browser: Browser,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<Visit & { context: BrowserContext }> {
  const context = await browser.newContext({ viewport: WIDE, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(TIMEOUT_MS);
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // Chromium reports each answer of 400 and above too, which the pages handle.
    const isAnswer = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isAnswer) complaints.push(message.text());
  });
  return { context, page, requests, complaints };
}

/** Names of what axe holds for serious or worse on the page as it is, each with the first element. */
export async function seriousViolations(page: Page): Promise<string[]> {
  // Evaluated, not added as a script, which the page's policy forbids.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate<Pick<AxeResults, 'violations'>>(
    'axe.run(document, { resultTypes: ["violations"] })',
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`);
}

/** Pixels by which a page is wider than its window. */
export const sidewaysPixels = (page: Page): Promise<number> =>
  page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');

/** Presses Tab until the element with this accessible name has the focus. */
export async function tabTo(page: Page, name: string): Promise<void> {
  const STEPS_MAX = 60;
  for (let step = 0; step < STEPS_MAX; step++) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate<string>(
      `(() => {
        const element = document.activeElement;
        const label = element?.labels?.[0]?.textContent ?? '';
        return (element?.getAttribute('aria-label') ?? (label || element?.textContent) ?? '').trim();
      })()`,
    );
    if (focused.startsWith(name)) return;
  }
  throw new Error(`"${name}" is not reached by Tab`);
}
