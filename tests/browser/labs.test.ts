/**
 * Every lab of the built site, as a reader works with it: it shows what it found, trains, pauses, steps, resumes, is restored from its link,
 * exports, survives a lost device, works by keyboard, and on other pages as an element.
 */
import type { Browser, Page } from 'puppeteer';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { oldLinks } from '../unit/apps/links-of-version-1.ts';
import { hasData } from './lab-data.ts';
import {
  BUTTON,
  expectFirstView,
  expectPlaceKept,
  type Lab,
  labs,
  makeBrief,
  openPage,
  read,
  until,
  untilItRuns,
  useSite,
  watchedPage,
  watchMoves,
} from './lab-page.ts';
import { launchBrowser } from './launch.ts';

const SCREEN = { width: 1280, height: 900 };

const site = useSite();
let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

/** A lab's page on a screen, with what it found in the first view. */
async function openOnScreen(id: string, problems: string[]): Promise<Page> {
  const page = await watchedPage(browser, problems);
  await page.setViewport(SCREEN);
  await watchMoves(page);
  await page.goto(`${site.origin()}/labs/${id}/index.html`, { waitUntil: 'networkidle0' });
  await page.waitForSelector(BUTTON, { visible: true });
  await expectFirstView(page, SCREEN);
  expect(problems).toEqual([]);
  return page;
}

it.each(labs.filter((id) => !hasData(id)))('%s, without its data, says what is missing and keeps its recording', async (id) => {
  const page = await openOnScreen(id, []);
  await page.$eval('main > *', (lab) => (lab as unknown as Lab).play());
  await until(
    page,
    "[...lab.shadowRoot.querySelectorAll('chalk-banner')].some((banner) => /npm run data/.test(banner.textContent))",
  );
  expect(await read(page, (lab) => lab.runState)).toBe('failed');
  expect((await page.$eval('main > * >>> .finding', (finding) => finding.textContent?.trim() ?? '')).length).toBeGreaterThan(20);
  await page.close();
});

it.each(labs.filter(hasData))(
  '%s says what it found, keeps its place, trains, pauses, steps, resumes, survives a lost device and exports',
  async (id) => {
    const problems: string[] = [];
    const page = await openOnScreen(id, problems);
    await makeBrief(page, id);
    // By keyboard alone: to the main button, and Space.
    await page.focus(BUTTON);
    await expectPlaceKept(page, () => page.keyboard.press('Space'));
    await until(page, '["paused", "finished"].includes(lab.runState)');
    const paused = await read(page, (lab) => ({ state: lab.runState, step: lab.store.step?.step ?? 0 }));
    if (paused.state === 'paused') {
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(await read(page, (lab) => lab.store.step?.step)).toBe(paused.step);
      await page.focus('main > * >>> chalk-transport-bar >>> button[aria-label="One step"]');
      await page.keyboard.press('ArrowRight');
      await until(page, `lab.runState !== 'running' && lab.store.step.step >= ${paused.step + 1}`);
      // A step of the method may stand for several iterations.
      const stepped = (await read(page, (lab) => lab.store.step?.step)) ?? 0;
      expect(stepped - paused.step).toBeLessThanOrEqual(10);
      await page.$eval('main > *', (lab) => (lab as unknown as Lab).loseDevice());
      await page.$eval('main > *', (lab) => (lab as unknown as Lab).play());
      // The banner stays until the reader closes it; when it is drawn, and how far the run is by then, is the machine's affair.
      await until(page, "[...lab.shadowRoot.querySelectorAll('chalk-banner')].some((banner) => /lost/.test(banner.heading))");
      await until(page, `lab.runState === 'finished' || (lab.runState === 'running' && lab.store.step?.step > ${stepped})`);
      await page.$eval('main > *', (lab) => (lab as unknown as Lab).pause());
    }
    await page.$eval('main > *', (lab) => {
      const menu = lab.shadowRoot?.querySelector<HTMLElement & { open: boolean }>('.tools chalk-export-menu');
      if (menu) menu.open = true;
    });
    await until(page, "lab.shadowRoot.querySelector('.tools chalk-export-menu').items.some(({ id }) => id === 'run')");
    const sizes = await page.$$eval('main > * >>> chalk-export-menu', async (menus) => {
      type Item = { id: string; unavailable?: string; provide(): unknown };
      const items = menus.flatMap((menu) => (menu as unknown as { items: readonly Item[] }).items);
      const entries: [string, number][] = [];
      for (const item of items.filter((i) => i.unavailable === undefined)) {
        const content = (await item.provide()) as string | Blob | Uint8Array;
        entries.push([item.id, content instanceof Blob ? content.size : content.length]);
      }
      return entries;
    });
    for (const format of ['run', 'script']) expect(sizes.map(([name]) => name)).toContain(format);
    for (const [name, size] of sizes) expect(size, name).toBeGreaterThan(0);
    expect(problems).toEqual([]);
    await page.close();
  },
);

it.each(labs)('%s is restored from its link', async (id) => {
  const problems: string[] = [];
  // A link of the lab's first version, with changed parameters; of later labs any.
  const old = oldLinks[id] ?? { hash: 'v=1&preset=full&seed=77', values: { seed: 77 } };
  const page = await openPage(browser, `${site.origin()}/labs/${id}/index.html#${old.hash}`, problems);
  const [link, config] = await read(page, (lab) => [lab.link(), lab.config] as const);
  expect(config).toMatchObject(old.values);
  const again = await openPage(browser, link, problems);
  expect(await read(again, (lab) => lab.config)).toEqual(config);
  expect(await again.$('main > * >>> chalk-banner[heading="Changed in this link:"]')).toBeNull();
  expect(problems).toEqual([]);
  await page.close();
  await again.close();
});

it.each(labs.filter(hasData))('%s is an element on another page, from one module', async (id) => {
  const problems: string[] = [];
  const page = await browser.newPage();
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.goto(`${site.origin()}/favicon.svg`);
  await page.goto(`${site.origin()}/index.html`);
  await page.setContent(`<!doctype html><html lang="en"><title>Course</title><main><chalk-lab-${id}></chalk-lab-${id}></main>
    <script type="module" src="${site.origin()}/embed/${id}.js"></script></html>`);
  await page.waitForSelector('main > * >>> chalk-transport-bar >>> button.play', { visible: true });
  await makeBrief(page, id);
  await page.$eval('main > *', (lab) => (lab as unknown as Lab).play());
  await untilItRuns(page);
  expect(await page.evaluate(() => location.hash)).toBe('');
  expect(problems).toEqual([]);
  await page.close();
});
