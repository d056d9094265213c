/** The built site without a network, after one visit; and when it was renewed while a page was open. */
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { repositoryRoot } from '../../apps/cli/root.ts';
import { launchBrowser } from './launch.ts';
import { ISOLATION, type Served, serveFolder } from './serve.ts';

const dist = join(repositoryRoot, 'dist');
let browser: Browser;
let served: Served;
let page: Page;
/** What the site says its version is; undefined: as it was built. */
let renewed: string | undefined;

beforeAll(async () => {
  served = await serveFolder(dist, '/course/', {
    headers: { ...ISOLATION, 'Cache-Control': 'no-cache' },
    edit: (path, text) => (path === 'sw.js' && renewed !== undefined ? text().replace(/\b[0-9a-f]{12}\b/, renewed) : undefined),
  });
  browser = await launchBrowser({ adapter: 'none' });
  page = await browser.newPage();
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
});

const kept = () =>
  page.evaluate(async () => {
    const names = await caches.keys();
    const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return requests.flat().map(({ url }) => url);
  });

const finish = async () => {
  await page.waitForSelector('main > * >>> chalk-transport-bar >>> button.play', { visible: true });
  await page.$eval('main > *', (lab) => (lab as unknown as { play(): void }).play());
  await page.waitForFunction(
    () => (document.querySelector('main > *') as unknown as { runState: string }).runState === 'finished',
    {
      timeout: 60_000,
    },
  );
};

const lab = 'labs/regression/index.html?offline=on#v=1&steps=200&samples=0';

it('keeps what a visit has loaded, and what a run will need', async () => {
  await page.goto(`${served.origin}/${lab}`, { waitUntil: 'networkidle0' });
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  const until = Date.now() + 90_000;
  const complete = (all: readonly string[]) =>
    ['lab-worker', 'experiment', 'story-regression', 'wasm-device'].every((part) => all.some((url) => url.includes(part)));
  let all = await kept();
  while (!complete(all) && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    all = await kept();
  }
  for (const part of ['lab-worker', 'experiment', 'story-regression', 'wasm-device', 'index.html']) {
    expect(
      all.filter((url) => url.includes(part)),
      `${part} among\n${all.join('\n')}`,
    ).not.toEqual([]);
  }
});

it('says that it was renewed, and takes the new version when the reader reloads', async () => {
  renewed = 'feedfeedfeed';
  await page.evaluate(async () => {
    await (await navigator.serviceWorker.getRegistration())?.update();
  });
  await page.waitForSelector('.update-notice button', { visible: true, timeout: 20_000 });
  expect(await page.$eval('.update-notice', (notice) => notice.textContent)).toContain('renewed');
  await Promise.all([page.waitForNavigation({ timeout: 20_000 }), page.click('.update-notice button')]);
  await page.waitForSelector('main > * >>> button.play', { visible: true });
  // What was kept under the version before is there still, and all that the page names: a run is the work of many files.
  await page.waitForFunction(
    async () => {
      const named = [...document.querySelectorAll<HTMLLinkElement>('link[rel="prefetch"]')].map(({ href }) => href);
      const there = new Set((await (await caches.open('chalkgrad-files')).keys()).map(({ url }) => url));
      return named.some((url) => url.includes('wasm-device')) && named.every((url) => there.has(url));
    },
    {
      timeout: 90_000,
      polling: 200,
    },
  );
});

it('opens and runs without a network', async () => {
  await served.close();
  await page.goto('about:blank');
  await page.goto(`${served.origin}/${lab}`);
  await finish();
  expect(await page.$eval('main > * >>> h1', (heading) => heading.textContent)).toBe('Regression');
});
