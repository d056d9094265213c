/** How every lab of the built site looks without a GPU: what it paints and weighs, its first view on a phone, axe, and in a frame. */
import { gzipSync } from 'node:zlib';
import type { Browser } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axeProblems } from './axe-problems.ts';
import { hasData } from './lab-data.ts';
import {
  BUTTON,
  expectFirstView,
  expectPlaceKept,
  type Lab,
  labs,
  makeBrief,
  openPage,
  useSite,
  watchedPage,
  watchMoves,
} from './lab-page.ts';
import { launchBrowser } from './launch.ts';

/** Compressed script before the reader does anything. */
const budget = 150 * 1024;
const PHONE = { width: 360, height: 740 };

const site = useSite();
let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser({ adapter: 'none' });
});
afterAll(() => browser?.close());

describe('without a GPU', () => {
  it.each(labs)(
    '%s paints within its budget, shows what it found in the first view of a phone, and keeps its place',
    async (id) => {
      const problems: string[] = [];
      const page = await watchedPage(browser, problems);
      await page.setViewport(PHONE);
      await watchMoves(page);
      let scripts = 0;
      let opened = false;
      page.on('response', async (response) => {
        // What is fetched ahead, when the page is idle, does not keep the reader waiting.
        const ahead = /prefetch/.test(response.request().headers()['sec-purpose'] ?? '');
        if (opened || !response.url().endsWith('.js') || ahead) return;
        scripts += gzipSync(await response.buffer()).length;
      });
      await page.goto(`${site.origin()}/labs/${id}/index.html`, { waitUntil: 'networkidle0' });
      opened = true;
      await page.waitForSelector(BUTTON, { visible: true });
      const { title, recorded, charts } = await page.$eval('main > *', (element) => {
        const lab = element as unknown as Lab;
        const heading = lab.shadowRoot?.querySelector('h1')?.textContent;
        return { title: heading, recorded: lab.recorded, charts: lab.store.charts.size };
      });
      expect(title).toBeTruthy();
      expect(scripts, `${Math.round(scripts / 1024)} KiB of compressed script`).toBeLessThan(budget);
      expect(scripts).toBeGreaterThan(0);
      expect(recorded).toBe(true);
      expect(charts).toBeGreaterThan(0);
      await expectFirstView(page, PHONE);
      expect(problems).toEqual([]);
      if (hasData(id)) {
        await makeBrief(page, id);
        await expectPlaceKept(page, () => page.click(BUTTON));
        expect(problems).toEqual([]);
      }
      await page.close();
    },
  );

  it.each(labs)('%s has nothing at all for axe, wide and narrow, light and dark, and does not scroll sideways', async (id) => {
    const problems: string[] = [];
    const page = await openPage(browser, `${site.origin()}/labs/${id}/index.html`, problems);
    for (const width of [1280, 360]) {
      await page.setViewport({ width, height: 800 });
      for (const value of ['light', 'dark']) {
        await page.emulateMediaFeatures([
          { name: 'prefers-color-scheme', value },
          { name: 'prefers-reduced-motion', value: 'reduce' },
        ]);
        await new Promise((resolve) => setTimeout(resolve, 300));
        expect(await axeProblems(page, true), `${value}, ${width} px`).toEqual([]);
      }
      const beyond = (grids: Element[]) => Math.max(0, ...grids.map((grid) => grid.scrollWidth - grid.clientWidth));
      const strips = await page.$$eval('main > * >>> chalk-image-strips >>> chalk-image-grid >>> .grid', beyond);
      const whole = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(whole, `page at ${width} px`).toBeLessThanOrEqual(width);
      expect(strips, `images at ${width} px`).toBe(0);
    }
    expect(problems).toEqual([]);
    await page.close();
  });

  it.each(labs)(
    '%s links its findings, its source, the licence, the glossary and the next lab, and all of them are there',
    async (id) => {
      const page = await openPage(browser, `${site.origin()}/labs/${id}/index.html`, []);
      const links = await page.$$eval('nav.lab-links a', (anchors) =>
        Promise.all(
          anchors.map(async (anchor) => {
            const { href } = anchor as HTMLAnchorElement;
            const response = await fetch(href);
            return { path: new URL(href).pathname, ok: response.ok, length: (await response.text()).length };
          }),
        ),
      );
      const below = (path: string) => path.replace('/course/site/', '');
      expect(links.filter(({ ok, length }) => !ok || length < 500)).toEqual([]);
      expect(links.map(({ path }) => below(path)).slice(0, 4)).toEqual([
        ...[`labs/${id}/findings.txt`, `labs/${id}/source.txt`, 'licences/chalkgrad.txt', 'glossary/index.html'],
      ]);
      const last = below(links.at(-1)?.path ?? '');
      expect(last).toMatch(/^labs\/[\w-]+\/index\.html$|^index\.html$/);
      expect(last).not.toContain(`labs/${id}/`);
      await page.close();
    },
  );
});

describe('in a frame', () => {
  it.each(labs)('%s tells its height and shows neither header nor prose', async (id) => {
    const page = await browser.newPage();
    try {
      await page.goto(`${site.origin()}/index.html`);
      const heights = await page.evaluate(async (address) => {
        const told: number[] = [];
        addEventListener('message', (event) => {
          if (event.data?.type === 'chalkgrad.height') told.push(event.data.height);
        });
        const frame = document.createElement('iframe');
        frame.style.width = '600px';
        frame.src = address;
        document.body.replaceChildren(frame);
        // Until it has been the same for half a second.
        for (let last = 0, since = 0; since < 10; since++) {
          if (told.length === 0 || told.at(-1) === 0 || told.length !== last) since = -1;
          last = told.length;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        return told;
      }, `${site.origin()}/labs/${id}/index.html#embed=1`);
      expect(heights.at(-1)).toBeGreaterThan(200);
      const frame = page.frames()[1];
      expect(await frame?.$eval('.site-header', (header) => getComputedStyle(header).display)).toBe('none');
      expect(await frame?.$('main > * >>> h1')).toBeNull();
    } finally {
      await page.close();
    }
  });
});
