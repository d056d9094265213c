/**
 * The first visit by a slow network on a slow machine: 1.6 Mbit/s, 150 ms to an answer, the processor slowed four times; text compressed as
 * a static host does, nothing in any cache. Slowed four times against this machine with nothing else to do: where others use it, the page is
 * slowed the less. The page paints within half a second, and within two the reader has the sentence with the finding.
 * Visits are repeated until one keeps it: what else this machine does meanwhile is no part of the profile.
 */
import { join } from 'node:path';
import type { Browser } from 'puppeteer';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { repositoryRoot } from '../../apps/cli/root.ts';
import { launchBrowser } from './launch.ts';
import { type Served, serveFolder } from './serve.ts';

const PROFILE = { offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 1.6e6 / 8 };
const SLOWED = 4;
const PAINT = 500;
const STORY = 2000;
/** Milliseconds in which a visit must keep the profile: beside another test file none may, for as long as that one computes. */
const PATIENCE = 180_000;

let served: Served;
let browser: Browser;
beforeAll(async () => {
  served = await serveFolder(join(repositoryRoot, 'dist'), '/', { compress: true });
  browser = await launchBrowser({ adapter: 'none' });
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
});

/** Some work for a processor. @returns milliseconds by the clock, of the quickest of three turns */
function work(): number {
  let quickest = Number.POSITIVE_INFINITY;
  for (let turn = 0, sum = 0; turn < 3; turn++) {
    const started = performance.now();
    for (let i = 0; i < 8_000_000; i++) sum = (sum + Math.imul(i, i ^ sum)) | 0;
    quickest = Math.min(quickest, performance.now() - started + (sum === 0.5 ? 1 : 0));
  }
  return quickest;
}

/** The same work in milliseconds of the processor's time, whatever else runs: what it takes where nothing else does. */
function ownTime(): number {
  const before = process.cpuUsage().user;
  work();
  return (process.cpuUsage().user - before) / 1000 / 3;
}

/** What the page notes of itself. */
interface Noted {
  paint?: number;
  story?: number;
}

/** Milliseconds from the start of the visit. */
async function visit(id: string): Promise<{ paint: number; story: number; problems: readonly string[] }> {
  const problems: string[] = [];
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.on('pageerror', (error) => problems.push(String(error)));
  const client = await page.createCDPSession();
  await client.send('Network.enable');
  await client.send('Network.emulateNetworkConditions', PROFILE);
  // What else runs on this machine slows the page already.
  const rate = Math.max(1, SLOWED * (ownTime() / (await page.evaluate(work))));
  await client.send('Emulation.setCPUThrottlingRate', { rate });
  await page.evaluateOnNewDocument(() => {
    const noted: Noted = {};
    Object.assign(globalThis, { noted });
    new PerformanceObserver((list) => {
      for (const { name, startTime } of list.getEntries()) if (name === 'first-contentful-paint') noted.paint = startTime;
    }).observe({ type: 'paint', buffered: true });
    const look = () => {
      const finding = document.querySelector('main > *')?.shadowRoot?.querySelector('.finding');
      if ((finding?.textContent?.trim().length ?? 0) > 20) requestAnimationFrame(() => (noted.story = performance.now()));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await page.goto(`${served.origin}/labs/${id}/index.html`, { waitUntil: 'domcontentloaded' });
  await page.waitForFunction(() => (globalThis as unknown as { noted: Noted }).noted.story !== undefined, { timeout: 60_000 });
  const { paint, story } = await page.evaluate(() => (globalThis as unknown as { noted: Required<Noted> }).noted);
  // Its pictures come after its words, and nothing stays pale.
  await page.waitForFunction(
    () => document.querySelector('main > *')?.shadowRoot?.querySelector('.figure')?.getAttribute('aria-busy') === 'false',
    { timeout: 60_000 },
  );
  await context.close();
  return { paint, story, problems };
}

// The most script, the largest story, and the most pictures.
it.each(['classify', 'regression', 'tsne'])(
  '%s paints within half a second and tells its story within two',
  async (id) => {
    const visits: { readonly paint: number; readonly story: number }[] = [];
    const began = performance.now();
    while (performance.now() - began < PATIENCE) {
      const { problems, ...times } = await visit(id);
      expect(problems).toEqual([]);
      visits.push(times);
      if (times.paint <= PAINT && times.story <= STORY) break;
    }
    const said = visits.map(({ paint, story }) => `paint ${Math.round(paint)} ms, story ${Math.round(story)} ms`).join('; ');
    console.info(`${id}: ${said}`);
    // Both in one and the same visit.
    expect(
      visits.some(({ paint, story }) => paint <= PAINT && story <= STORY),
      said,
    ).toBe(true);
  },
  240_000,
);
