/** What the browser tests of the labs share: the built site, opening a lab's page, waiting for what its run does. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer';
import { afterAll, beforeAll, expect } from 'vitest';
import { repositoryRoot } from '../../apps/cli/root.ts';
import { type Served, serveFolder } from './serve.ts';

const dist = join(repositoryRoot, 'dist');
export const labs = existsSync(join(dist, 'labs')) ? readdirSync(join(dist, 'labs')).sort() : [];

/** What the tests use of a lab's element. */
export interface Lab extends HTMLElement {
  runState: string;
  recorded: boolean;
  config: Record<string, unknown>;
  store: { step?: { step: number }; charts: Map<string, unknown>; status: string };
  play(): void;
  pause(): void;
  restart(mode: string): void;
  take(values: object, what: string): boolean;
  link(): string;
  loseDevice(): void;
}

/** Settings of labs that train networks before the first step that they show: what is tested here is the page, not what is learnt. */
const BRIEF: Readonly<Record<string, object>> = {
  saliency: { images: 200, epochs: 1 },
  adversarial: { images: 1500, epochs: 1 },
};

/** The built site, in a folder of a host, while the tests of a file run. */
export function useSite(): { readonly origin: () => string } {
  let served: Served;
  beforeAll(async () => {
    expect(labs.length, 'dist/labs is empty: run `npm run build` first').toBeGreaterThan(0);
    served = await serveFolder(dist, '/course/site/');
  });
  afterAll(() => served?.close());
  return { origin: () => served.origin };
}

/** A page of its own whose errors are collected. */
export async function watchedPage(browser: Browser, problems: string[]): Promise<Page> {
  const page = await browser.newPage();
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  return page;
}

/** Opens a lab and waits for its buttons. */
export async function openPage(browser: Browser, address: string, problems: string[]): Promise<Page> {
  const page = await watchedPage(browser, problems);
  await page.goto(address, { waitUntil: 'load' });
  await page.waitForSelector(BUTTON, { visible: true });
  return page;
}

export const BUTTON = 'main > * >>> chalk-transport-bar >>> button.play';

export const read = <T>(page: Page, what: (lab: Lab) => T): Promise<T> =>
  page.$eval('main > *', what as (element: Element) => T) as Promise<T>;

export const until = (page: Page, what: string, timeout = 240_000) =>
  page.waitForFunction(
    (code) => new Function('lab', `return ${code}`)(document.querySelector('main > *')),
    { timeout, polling: 100 },
    what,
  );

/** Until the lab has left its recording and run a step. */
export const untilItRuns = (page: Page) => until(page, '!lab.recorded && (lab.store.step?.step ?? 0) >= 1');

/** Gives a lab the settings with which its first step comes soon. */
export async function makeBrief(page: Page, id: string): Promise<void> {
  const values = BRIEF[id];
  if (values) expect(await page.$eval('main > *', (lab, v) => (lab as unknown as Lab).take(v, 'A test'), values)).toBe(true);
}

interface Moved {
  readonly value: number;
  readonly at: readonly string[];
}

/** Counts from the page's first paint on how far its parts move without having been touched. Call it before the page is opened. */
export async function watchMoves(page: Page): Promise<void> {
  await page.evaluateOnNewDocument(() => {
    const moved: { value: number; at: string[] } = { value: 0, at: [] };
    Object.assign(globalThis, { moved });
    new PerformanceObserver((list) => {
      type Shift = PerformanceEntry & { value: number; hadRecentInput: boolean; sources: { node: Element | null }[] };
      for (const entry of list.getEntries() as Shift[]) {
        if (entry.hadRecentInput) continue;
        moved.value += entry.value;
        moved.at.push(...entry.sources.map(({ node }) => `${entry.value.toFixed(3)} ${node?.nodeName} ${node?.className}`));
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
}

export const moves = (page: Page): Promise<Moved> => page.evaluate(() => (globalThis as unknown as { moved: Moved }).moved);

/** What a lab found stands in the first view, nothing has moved, and controls are open where there is room. */
export async function expectFirstView(page: Page, { width, height }: { width: number; height: number }): Promise<void> {
  await page.waitForSelector('main > * >>> .finding:not(:empty)', { timeout: 20_000 });
  const finding = await page.$eval('main > * >>> .finding', (element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return { top, bottom, text: element.textContent?.trim() ?? '' };
  });
  expect(finding.text.length).toBeGreaterThan(20);
  expect(finding.top).toBeGreaterThanOrEqual(0);
  expect(finding.bottom).toBeLessThanOrEqual(height);
  const open = await page.$eval('main > * >>> details[part="controls"]', (side) => (side as HTMLDetailsElement).open);
  expect(open, 'controls are open').toBe(width > 600);
  const loaded = await moves(page);
  expect(loaded.value, loaded.at.join('; ')).toBeLessThanOrEqual(0.05);
}

/** Starts a run with `start` and waits for its first step. Nothing moves while it begins. */
export async function expectPlaceKept(page: Page, start: () => Promise<unknown>): Promise<void> {
  const before = await moves(page);
  await start();
  await untilItRuns(page);
  await page.$eval('main > *', (lab) => (lab as unknown as Lab).pause());
  await new Promise((resolve) => setTimeout(resolve, 300));
  const ran = await moves(page);
  expect(ran.value - before.value, ran.at.join('; ')).toBeLessThanOrEqual(0.05);
}
