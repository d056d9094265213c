/**
 * Every lab of the built site, as a reader meets it: it paints without a GPU and within its budget, shows its recording, trains,
 * pauses, steps, resumes, is restored from its link, exports, survives a lost device, works by keyboard and on a narrow screen.
 */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../apps/cli/root.ts';
import { oldLinks } from '../unit/apps/links-of-version-1.ts';
import { hasData } from './lab-data.ts';
import { launchBrowser } from './launch.ts';
import { type Served, serveFolder } from './serve.ts';

const dist = join(repositoryRoot, 'dist');
const labs = existsSync(join(dist, 'labs')) ? readdirSync(join(dist, 'labs')).sort() : [];
/** Compressed script before the reader does anything. */
const budget = 150 * 1024;
const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What the tests use of a lab's element. */
interface Lab extends HTMLElement {
  runState: string;
  recorded: boolean;
  config: Record<string, unknown>;
  store: { step?: { step: number }; charts: Map<string, unknown>; status: string };
  play(): void;
  pause(): void;
  restart(mode: string): void;
  link(): string;
  loseDevice(): void;
}

let served: Served;
beforeAll(async () => {
  expect(labs.length, 'dist/labs is empty: run `npm run build` first').toBeGreaterThan(0);
  served = await serveFolder(dist, '/course/site/');
});
afterAll(() => served?.close());

async function openPage(browser: Browser, path: string, problems: string[]): Promise<Page> {
  const page = await browser.newPage();
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  await page.goto(`${served.origin}/${path}`, { waitUntil: 'load' });
  await page.waitForSelector('main > * >>> chalk-transport-bar >>> button.play', { visible: true });
  return page;
}

const read = <T>(page: Page, what: (lab: Lab) => T): Promise<T> =>
  page.$eval('main > *', what as (element: Element) => T) as Promise<T>;

const until = (page: Page, what: string, timeout = 240_000) =>
  page.waitForFunction(
    (code) => new Function('lab', `return ${code}`)(document.querySelector('main > *')),
    { timeout, polling: 100 },
    what,
  );

async function axe(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: axePath });
  return page.evaluate(async () => {
    type Violation = { id: string; impact: string; nodes: { target: unknown; failureSummary: string }[] };
    const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<{ violations: Violation[] }> } };
    const { violations } = await axe.run({ rules: { 'target-size': { enabled: true } } });
    return violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${JSON.stringify(n.target)} ${n.failureSummary}`));
  });
}

describe('without a GPU', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser({ adapter: 'none' });
  });
  afterAll(() => browser?.close());

  it.each(labs)('%s paints, stays within its budget and shows its recording', async (id) => {
    const problems: string[] = [];
    const page = await browser.newPage();
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    let scripts = 0;
    page.on('response', async (response) => {
      // What is fetched ahead, when the page is idle, does not keep the reader waiting.
      const ahead = /prefetch/.test(response.request().headers()['sec-purpose'] ?? '');
      if (!response.url().endsWith('.js') || ahead) return;
      scripts += gzipSync(await response.buffer()).length;
    });
    await page.goto(`${served.origin}/labs/${id}/index.html`, { waitUntil: 'networkidle0' });
    await page.waitForSelector('main > * >>> chalk-transport-bar >>> button.play', { visible: true });
    const { title, recorded, charts } = await page.$eval('main > *', (element) => {
      const lab = element as unknown as Lab;
      const heading = lab.shadowRoot?.querySelector('h1')?.textContent;
      return { title: heading, recorded: lab.recorded, charts: lab.store.charts.size };
    });
    expect(title).toBeTruthy();
    expect(scripts, `${Math.round(scripts / 1024)} KiB of compressed script`).toBeLessThan(budget);
    expect(recorded).toBe(true);
    expect(charts).toBeGreaterThan(0);
    expect(problems).toEqual([]);
    await page.close();
  });

  it.each(labs)('%s has nothing at all for axe, light and dark, wide and narrow, and does not scroll sideways', async (id) => {
    const problems: string[] = [];
    const page = await openPage(browser, `labs/${id}/index.html`, problems);
    for (const width of [1280, 360]) {
      for (const value of ['light', 'dark']) {
        await page.setViewport({ width, height: 800 });
        await page.emulateMediaFeatures([
          { name: 'prefers-color-scheme', value },
          { name: 'prefers-reduced-motion', value: 'reduce' },
        ]);
        await new Promise((resolve) => setTimeout(resolve, 300));
        expect(await axe(page), `${value}, ${width} px`).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth), `width at ${width} px`).toBeLessThanOrEqual(
          width,
        );
      }
    }
    expect(problems).toEqual([]);
    await page.close();
  });
});

describe('without a GPU, as a reader looks at it', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser({ adapter: 'none' });
  });
  afterAll(() => browser?.close());

  it.each(labs.flatMap((id) => [[id, 1280, 900] as const, [id, 360, 740] as const]))(
    '%s says what it found in the first view, and keeps its place, %d × %d',
    async (id, width, height) => {
      const problems: string[] = [];
      const page = await browser.newPage();
      await page.setViewport({ width, height });
      page.on('pageerror', (error) => problems.push(String(error)));
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
      await page.goto(`${served.origin}/labs/${id}/index.html`, { waitUntil: 'networkidle0' });
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
      type Moved = { moved: { value: number; at: string[] } };
      const loaded = await page.evaluate(() => (globalThis as unknown as Moved).moved);
      expect(loaded.value, loaded.at.join('; ')).toBeLessThanOrEqual(0.05);
      expect(problems).toEqual([]);
      if (!hasData(id)) return page.close();
      await page.click('main > * >>> chalk-transport-bar >>> button.play');
      await until(page, '!lab.recorded && (lab.store.step?.step ?? 0) >= 1', 120_000);
      await page.$eval('main > *', (lab) => (lab as unknown as Lab).pause());
      await new Promise((resolve) => setTimeout(resolve, 300));
      const ran = await page.evaluate(() => (globalThis as unknown as Moved).moved);
      expect(ran.value - loaded.value, ran.at.join('; ')).toBeLessThanOrEqual(0.05);
      expect(problems).toEqual([]);
      await page.close();
    },
  );
});

describe('live, on a GPU or the processor', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  it.each(labs.filter((id) => !hasData(id)))('%s, without its data, says what is missing and keeps its recording', async (id) => {
    const page = await openPage(browser, `labs/${id}/index.html`, []);
    await page.$eval('main > *', (lab) => (lab as unknown as Lab).play());
    await until(
      page,
      "[...lab.shadowRoot.querySelectorAll('chalk-banner')].some((banner) => /npm run data/.test(banner.textContent))",
    );
    expect(await read(page, (lab) => lab.runState)).toBe('failed');
    expect((await page.$eval('main > * >>> .finding', (finding) => finding.textContent?.trim() ?? '')).length).toBeGreaterThan(
      20,
    );
    await page.close();
  });

  it.each(labs.filter(hasData))('%s trains, pauses, steps, resumes, survives a lost device and exports', async (id) => {
    const problems: string[] = [];
    const page = await openPage(browser, `labs/${id}/index.html#v=1&seed=5`, problems);
    // By keyboard alone: to the main button, and Space.
    await page.focus('main > * >>> chalk-transport-bar >>> button.play');
    await page.keyboard.press('Space');
    await until(page, '!lab.recorded && (lab.store.step?.step ?? 0) >= 1');
    await page.$eval('main > *', (lab) => (lab as unknown as Lab).pause());
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
  });

  it.each(labs)('%s is restored from its link', async (id) => {
    const problems: string[] = [];
    // A link of the lab's first version, with changed parameters; of later labs any.
    const old = oldLinks[id] ?? { hash: 'v=1&preset=full&seed=77', values: { seed: 77 } };
    const page = await openPage(browser, `labs/${id}/index.html#${old.hash}`, problems);
    const [link, config] = await read(page, (lab) => [lab.link(), lab.config] as const);
    expect(config).toMatchObject(old.values);
    const again = await openPage(browser, link.slice(served.origin.length + 1), problems);
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
    await page.goto(`${served.origin}/favicon.svg`);
    await page.goto(`${served.origin}/index.html`);
    await page.setContent(`<!doctype html><html lang="en"><title>Course</title><main><chalk-lab-${id}></chalk-lab-${id}></main>
      <script type="module" src="${served.origin}/embed/${id}.js"></script></html>`);
    await page.waitForSelector('main > * >>> chalk-transport-bar >>> button.play', { visible: true });
    await page.$eval('main > *', (lab) => (lab as unknown as Lab).play());
    await until(page, '!lab.recorded && (lab.store.step?.step ?? 0) >= 1');
    expect(await page.evaluate(() => location.hash)).toBe('');
    expect(problems).toEqual([]);
    await page.close();
  });
});

describe('in a frame', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser({ adapter: 'none' });
  });
  afterAll(() => browser?.close());

  it.each(labs)('%s tells its height and shows neither header nor prose', async (id) => {
    const page = await browser.newPage();
    try {
      await page.goto(`${served.origin}/index.html`);
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
      }, `${served.origin}/labs/${id}/index.html#embed=1`);
      expect(heights.at(-1)).toBeGreaterThan(200);
      const frame = page.frames()[1];
      expect(await frame?.$eval('.site-header', (header) => getComputedStyle(header).display)).toBe('none');
      expect(await frame?.$('main > * >>> h1')).toBeNull();
    } finally {
      await page.close();
    }
  });
});
