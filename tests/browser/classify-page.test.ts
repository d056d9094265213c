/** The classify lab's page as a reader uses it: two runs laid over, a digit drawn, a cell opened, layers looked into, things broken. */
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { View as ClassifyLab } from '../../apps/labs/classify/view.ts';
import { openPageRunner, type PageRunner, watchConsole } from './page-runner.ts';

const lab = 'chalk-lab-classify';
const small =
  'images=256&validationImages=64&testImages=64&epochs=2&evaluations=2&network=mlp&depth=1&units=32&batch=16&rate=0.003';

/** Looks anew in every frame: without it puppeteer waits for a change outside the shadow roots. */
const SHOWN = { visible: true } as const;

let runner: PageRunner;
let page: Page;
let errors: readonly string[];

beforeAll(async () => {
  runner = await openPageRunner({ adapter: 'software' });
  page = await runner.browser.newPage();
  errors = watchConsole(page).errors;
  await page.setViewport({ width: 1280, height: 1000 });
  await page.goto(`${runner.origin}/labs/classify/index.html#${small}`);
  await page.waitForSelector(`${lab} >>> chalk-transport-bar >>> button.play`, { visible: true });
});
afterAll(() => runner?.close());

const play = (values: Record<string, unknown> = {}) =>
  page.$eval(
    lab,
    (element, given) => {
      const it = element as unknown as ClassifyLab;
      it.config = given;
      it.restart('play');
    },
    values,
  );
const until = (state: string) =>
  page.waitForFunction(
    (name, wanted) => (document.querySelector(name) as unknown as { runState: string }).runState === wanted,
    { timeout: 240_000, polling: 100 },
    lab,
    state,
  );
/** What the state of a run brings is drawn in the next frame. */
const drawn = () =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(0)))));
const text = (selector: string) =>
  page.$eval(`${lab} >>> ${selector}`, (element) => element.textContent?.replace(/\s+/g, ' ').trim() ?? '');

it('trains, reads a drawn digit and shows what is behind a cell and inside the network', async () => {
  await play();
  await until('finished');
  await drawn();
  expect(await text('.summary:not(:empty)')).toMatch(/parameters 25,450.*test accuracy/);
  // Everything that the end of a run brings stands on the page, so that the pad does not move under the pointer.
  await page.waitForSelector(`${lab} >>> chalk-confusion-matrix >>> td.diagonal`, SHOWN);
  const canvas = await page.waitForSelector(`${lab} >>> chalk-digit-pad >>> canvas`, SHOWN);
  await canvas?.scrollIntoView();
  const pad = await canvas?.boundingBox();
  if (!pad) throw new Error('no pad');
  await page.mouse.move(pad.x + pad.width / 2, pad.y + pad.height / 5);
  await page.mouse.down();
  await page.mouse.move(pad.x + pad.width / 2, pad.y + (pad.height * 4) / 5, { steps: 8 });
  await page.mouse.up();
  await page.waitForFunction(
    (name) => /Read as \d, \d+ %/.test(document.querySelector(name)?.shadowRoot?.querySelector('.read')?.textContent ?? ''),
    { timeout: 30_000 },
    lab,
  );
  expect(await page.$$eval(`${lab} >>> .draw .guess li`, (items) => items.length)).toBe(10);

  // The page's own click: a sticky bar may lie over the place where the cell has been scrolled to.
  await page.$$eval(`${lab} >>> chalk-confusion-matrix >>> td.diagonal`, (cells) => {
    const filled = cells.find((cell) => Number.parseFloat(cell.textContent ?? '') > 0) as HTMLElement;
    filled.click();
  });
  const grid = await page.waitForSelector(`${lab} >>> chalk-confusion-matrix >>> .behind chalk-image-grid >>> canvas`, SHOWN);
  await grid?.click({ offset: { x: 10, y: 10 } });
  await page.waitForSelector(`${lab} >>> chalk-look-inside >>> .layers button`, SHOWN);
  const layers = await page.$$eval(`${lab} >>> chalk-look-inside >>> .layers button`, (buttons) =>
    buttons.map((b) => b.textContent),
  );
  expect(layers.map((name) => name?.split(' ')[1]?.replace(/\d.*/, ''))).toEqual(['flatten', 'linear', 'relu', 'linear']);
  await (await page.$$(`${lab} >>> chalk-look-inside >>> .layers button`))[1]?.click();
  await page.waitForFunction(
    (name) =>
      document
        .querySelector(name)
        ?.shadowRoot?.querySelector('chalk-look-inside')
        ?.shadowRoot?.querySelectorAll('chalk-tensor-view').length === 4,
    {},
    lab,
  );
  // With all that on it the page fits a phone.
  await page.setViewport({ width: 360, height: 800 });
  await drawn();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await page.setViewport({ width: 1280, height: 1000 });
  expect(errors).toEqual([]);
}, 300_000);

it('lays a second run over the first and names what differs', async () => {
  await play({ softmaxFirst: true });
  await until('finished');
  await drawn();
  const table = await text('chalk-runs-table >>> table');
  expect(table).toMatch(/softmaxFirst/);
  expect(table).toMatch(/run 1 no/);
  expect(table).toMatch(/run 2 yes/);
  expect(await text('chalk-chart#loss >>> [part=legend]')).toMatch(/run 1, validation/);
  const lines = await page.$eval(
    `${lab} >>> chalk-chart#loss`,
    (chart) => (chart as unknown as { lines: { label: string }[] }).lines,
  );
  expect(lines.map(({ label }) => label)).toEqual(['ln 10: guessing', 'floor 1.461']);
  expect(errors).toEqual([]);
}, 300_000);

it('says what is wrong with absurd settings and goes on afterwards', async () => {
  await play({ softmaxFirst: false, optimiser: 'sgd', rate: 10, network: 'skip-mlp', depth: 6, dropout: 'off' });
  await until('failed');
  expect(await text('chalk-banner')).toMatch(/layer/);
  await play({ network: 'custom', layers: [{ type: 'conv2d', in: 3, out: 4, kernel: 3 }] });
  await until('failed');
  expect(await text('chalk-banner')).toMatch(/layer 0 \(conv2d\)/);
  await play({ network: 'mlp', optimiser: 'adam', rate: 0.001, epochs: 1, evaluations: 1 });
  await until('finished');
  expect(errors).toEqual([]);
}, 300_000);

it('starts and steps with own images only once there are some, and keeps the last run until then', async () => {
  const before = await text('.summary:not(:empty)');
  await page.$eval(lab, (element) => {
    (element as unknown as ClassifyLab).config = { dataset: 'own', ownSide: 8, images: 20, validationImages: 10 };
  });
  for (const button of ['[aria-label="One step"]', '.play']) {
    await page.click(`${lab} >>> chalk-transport-bar >>> button${button}`);
    const banner = await page.waitForSelector(`${lab} >>> chalk-banner[heading="Not started:"]`, SHOWN);
    expect(await banner?.evaluate((element) => element.textContent)).toMatch(/own images first/);
    expect(await page.$eval(lab, (element) => (element as unknown as ClassifyLab).runState)).toBe('finished');
    expect(await text('.summary:not(:empty)')).toBe(before);
    await banner?.evaluate((element) => element.dispatchEvent(new Event('banner-close')));
  }
  // Steps take the files along that were given.
  await page.$eval(lab, async (element) => {
    const picker = element.shadowRoot?.querySelector('chalk-dataset-picker') as Element;
    const images = await Promise.all(
      Array.from({ length: 12 }, async (_, i) => {
        const canvas = new OffscreenCanvas(8, 8);
        const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
        context.fillStyle = i % 2 ? '#fff' : '#111';
        context.fillRect(0, 0, 8, 8);
        const path = `${i % 2 ? 'light' : 'dark'}/${i}.png`;
        return { file: new File([await canvas.convertToBlob()], path), path };
      }),
    );
    picker.dispatchEvent(new CustomEvent('files-add', { detail: { images, archives: [], classes: [], skipped: [] } }));
  });
  await page.waitForFunction(
    (name) => /training images 7/.test(document.querySelector(name)?.shadowRoot?.querySelector('.summary')?.textContent ?? ''),
    { timeout: 60_000, polling: 100 },
    lab,
  );
  await until('finished');
  await page.click(`${lab} >>> chalk-transport-bar >>> button[aria-label="One step"]`);
  await until('paused');
  expect(await page.$(`${lab} >>> chalk-banner[kind=error]`)).toBeNull();
  expect(errors).toEqual([]);
}, 300_000);
