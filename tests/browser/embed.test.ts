/**
 * Labs in pages that are not ours, with the built site: several on one page, under a strict policy, from another origin, in two versions, as a
 * widget of a notebook, in a frame that may store nothing. One browser for all; the processor computes.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Frame, Page } from 'puppeteer';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../apps/cli/root.ts';
import { labWeights } from '../../apps/embed/weights.ts';
import { launchBrowser } from './launch.ts';
import { ISOLATION, type Served, serveFolder } from './serve.ts';

const dist = join(repositoryRoot, 'dist');
const OPEN = { 'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin' };

interface Lab extends HTMLElement {
  runState: string;
  store: { step?: { step: number } };
}

let browser: Browser;
let page: Page;
let problems: string[] = [];
const servers: Served[] = [];

beforeAll(async () => {
  expect(existsSync(join(dist, 'embed')), 'dist/embed is missing: run `npm run build` first').toBe(true);
  browser = await launchBrowser({ adapter: 'none' });
});
afterAll(async () => {
  await browser?.close();
});
afterEach(async () => {
  if (page && !page.isClosed()) await page.close();
  for (const server of servers.splice(0)) await server.close();
});

const html = (body: string) =>
  `<!doctype html><html lang="en"><title>A course</title><link rel="icon" href="data:,"><body>${body}</body></html>`;

/** Serves the site at `/site/` and one page of a course beside it. */
async function serve(body: string, policy?: string, everywhere = false): Promise<Served> {
  const rule: Record<string, string> = policy === undefined ? {} : { 'Content-Security-Policy': policy };
  const served = await serveFolder(dist, '/site/', {
    headers: { ...OPEN, ...(everywhere && rule) },
    pages: new Map([['/course.html', { html: html(body), headers: rule }]]),
  });
  servers.push(served);
  return served;
}

const rootOf = (served: Served) => new URL(served.origin).origin;

async function visit(served: Served, path = '/course.html'): Promise<void> {
  page = await browser.newPage();
  problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  await page.goto(`${rootOf(served)}${path}`, { waitUntil: 'load' });
}

/** Waits until this lab of the page is in one of these states. */
const until = (selector: string, states: readonly string[], where: Page | Frame = page) =>
  where.waitForFunction(
    (s, wanted) => wanted.includes((document.querySelector(s) as unknown as Lab | null)?.runState ?? ''),
    { timeout: 60_000, polling: 100 },
    selector,
    states,
  );

const script = (id: string, site = '/site/') => `<script type="module" src="${site}embed/${id}.js"></script>`;
const quick = '<chalk-lab-regression steps="200" samples="0" autostart></chalk-lab-regression>';

describe('several labs on a page', () => {
  it('run one after the other where they start by themselves, on one worker', async () => {
    const served = await serve(`${script('regression')}<div id="a">${quick}</div><div id="b">${quick}</div>`);
    await visit(served);
    await until('#a > *', ['finished']);
    await page.$eval('#b', (b) => b.scrollIntoView());
    await until('#b > *', ['finished']);
    expect(page.workers()).toHaveLength(1);
    expect(problems).toEqual([]);
  });

  it('go on with the worker of the others when one leaves, and end it with the last', async () => {
    const served = await serve(`${script('regression')}<div id="a">${quick}</div><div id="b">${quick}</div>`);
    await visit(served);
    await until('#a > *', ['finished']);
    await page.$eval('#a > *', (lab) => lab.remove());
    await until('#b > *', ['finished']);
    expect(page.workers()).toHaveLength(1);
    await page.$eval('#b > *', (lab) => lab.remove());
    await page.waitForFunction(() => document.querySelector('#b > *') === null);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(page.workers()).toHaveLength(0);
  });

  it('from two modules and two versions keep out of each other’s way', async () => {
    const served = await serveFolder(dist, '/site/', {
      headers: OPEN,
      pages: new Map([['/course.html', { html: html(`${script('regression')}${quick}<div id="next"></div>`) }]]),
    });
    const later = await serveFolder(dist, '/later/', { headers: OPEN });
    servers.push(served, later);
    await visit(served);
    await until('chalk-lab-regression', ['finished']);
    // Another release of the same lab, and another lab of that release: the elements that are known stay.
    await page.evaluate(async (site) => {
      for (const id of ['regression', 'failure-modes']) {
        const loading = document.createElement('script');
        loading.type = 'module';
        loading.src = `${site}/embed/${id}.js`;
        document.head.append(loading);
        await new Promise((resolve) => loading.addEventListener('load', resolve));
      }
      document.querySelector('#next')?.append(document.createElement('chalk-lab-failure-modes'));
    }, later.origin);
    await page.waitForSelector('chalk-lab-failure-modes >>> chalk-transport-bar >>> button.play', { visible: true });
    expect(problems).toEqual([]);
  });
});

describe('a strict policy', () => {
  const self = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:";

  it.each([
    ['on the page alone', false],
    ['on every response', true],
  ])('%s: runs in a worker that needs no blob, with its colours', async (_, everywhere) => {
    const served = await serve(`${script('regression')}${quick}`, self, everywhere);
    await visit(served);
    await until('chalk-lab-regression', ['finished']);
    expect(page.workers()).toHaveLength(1);
    const colours = await page.$$eval('chalk-lab-regression >>> chalk-chart >>> .swatch', (swatches) =>
      swatches.map((swatch) => getComputedStyle(swatch).getPropertyValue('--swatch')),
    );
    expect(colours.length).toBeGreaterThan(0);
    for (const colour of colours) expect(colour).toMatch(/^#|^rgb/);
    expect(problems).toEqual([]);
  });

  it('that refuses WebAssembly is named, and the reference computes', async () => {
    const served = await serve(
      `${script('tsne')}<chalk-lab-tsne count="60" iterations="50" autostart></chalk-lab-tsne>`,
      self,
      true,
    );
    await visit(served);
    await until('chalk-lab-tsne', ['running', 'paused', 'finished', 'failed']);
    await page.waitForSelector('chalk-lab-tsne >>> chalk-banner', { timeout: 20_000 });
    const said = await page.$$eval('chalk-lab-tsne >>> chalk-banner', (all) => all.map((banner) => banner.textContent).join(' '));
    expect(said).toContain("'wasm-unsafe-eval'");
    const badge = await page.$eval('chalk-lab-tsne >>> chalk-adapter-badge >>> .badge', (b) => b.textContent);
    expect(badge).toContain('TypeScript loops');
  });

  it('that allows it computes with WebAssembly', async () => {
    const policy = self.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'");
    const served = await serve(`${script('regression')}${quick.replace(' autostart', ' device="wasm" autostart')}`, policy, true);
    await visit(served);
    await until('chalk-lab-regression', ['finished']);
    const badge = await page.$eval('chalk-lab-regression >>> chalk-adapter-badge >>> .badge', (b) => b.textContent);
    expect(badge).toContain('Processor');
    expect(problems).toEqual([]);
  });
});

describe('another origin', () => {
  it('serves the module, its worker and its recording', async () => {
    const site = await serveFolder(dist, '/some/folder/', { headers: OPEN });
    const served = await serve(`${script('regression', `${site.origin}/`)}${quick}`);
    servers.push(site);
    await visit(served);
    await until('chalk-lab-regression', ['finished']);
    expect(page.workers()).toHaveLength(1);
    expect(problems).toEqual([]);
  });

  it('computes on the page where a policy forbids blobs', async () => {
    const site = await serveFolder(dist, '/', { headers: OPEN });
    servers.push(site);
    const policy = `script-src ${site.origin} 'wasm-unsafe-eval'; worker-src ${site.origin}; connect-src ${site.origin}`;
    const served = await serve(`${script('regression', `${site.origin}/`)}${quick}`, policy);
    await visit(served);
    await until('chalk-lab-regression', ['finished']);
    expect(page.workers()).toHaveLength(0);
  });
});

it('is a widget: traits set the controls, state, settings and result come from the run', async () => {
  const served = await serve(`<div id="cell"></div>`);
  await visit(served);
  await page.evaluate(
    async (address) => {
      const model = Object.assign(new EventTarget(), {
        values: { steps: 150, samples: 0, state: '', config: {}, result: null } as Record<string, unknown>,
        get: (key: string) => model.values[key],
        set: (key: string, value: unknown) => {
          model.values[key] = value;
          // As the hosts do it: later, and also for what we set ourselves.
          setTimeout(() => model.dispatchEvent(new Event(`change:${key}`)), 5);
        },
        save_changes() {},
        on: (name: string, callback: () => void) => model.addEventListener(name, callback),
        off: (name: string, callback: () => void) => model.removeEventListener(name, callback),
      });
      const load = new Function('address', 'return import(address)') as (address: string) => Promise<{
        default: { render(context: object): () => void };
      }>;
      const { default: widget } = await load(address);
      widget.render({ model, el: document.querySelector('#cell') });
      Object.assign(globalThis, { model });
    },
    `${rootOf(served)}/site/embed/regression.js`,
  );
  await page.waitForSelector('#cell > * >>> button.play', { visible: true });
  const traits = () =>
    page.evaluate(() => (globalThis as unknown as { model: { values: Record<string, unknown> } }).model.values);
  const set = (key: string, value: unknown) =>
    page.evaluate(
      (k, v) => (globalThis as unknown as { model: { set(k: string, v: unknown): void } }).model.set(k, v),
      key,
      value,
    );
  await page.$eval('#cell > *', (lab) => (lab as unknown as { play(): void }).play());
  await until('#cell > *', ['finished']);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await traits()).toMatchObject({ state: 'finished', config: { steps: 150, samples: 0 } });
  expect((await traits()).result).not.toBeNull();
  // A wish for the next run changes the controls, and not what the last one was made with.
  await set('steps', 300);
  await page.waitForFunction(
    () => (document.querySelector('#cell > *') as unknown as { config: { steps: number } }).config.steps === 300,
  );
  expect((await traits()).config).toMatchObject({ steps: 150 });
  expect(problems).toEqual([]);
});

it('runs in a frame that may store nothing', async () => {
  const served = await serve(
    `<iframe sandbox="allow-scripts" src="/site/labs/regression/index.html#embed=1&steps=200&samples=0" width="100%" height="700"></iframe>`,
  );
  await visit(served);
  const frame = await page.waitForFrame((f) => f.url().includes('/labs/regression/'));
  await frame.waitForSelector('main > * >>> chalk-transport-bar >>> button.play', { visible: true });
  await frame.$eval('main > *', (lab) => (lab as unknown as { play(): void }).play());
  await until('main > *', ['finished'], frame);
  expect(problems).toEqual([]);
});

describe('weight', () => {
  it.each(labWeights(dist).map(({ id, ...rest }) => [id, rest] as const))(
    '%s stays within its budget',
    (_, { first, whole, processor, asked, files }) => {
      const list = files.map(([file, bytes]) => `${Math.round(bytes / 102.4) / 10} KiB ${file}`).join('\n');
      expect(first, list).toBeLessThanOrEqual(100 * 1024);
      expect(whole, list).toBeLessThanOrEqual(220 * 1024);
      expect(processor, 'the compiler for the processor').toBeLessThanOrEqual(62 * 1024);
      expect(asked, 'behind buttons').toBeLessThanOrEqual(62 * 1024);
    },
  );
});

it('keeps the isolation of pages that have it', async () => {
  const served = await serveFolder(dist, '/', { headers: ISOLATION });
  servers.push(served);
  await visit(served, '/labs/regression/index.html#steps=200&samples=0');
  await page.waitForSelector('main > * >>> button.play', { visible: true });
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
});
