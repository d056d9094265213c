/** The components in a real browser, on the gallery page: accessibility, keyboard, events, files, themes, small screens. */
import { createRequire } from 'node:module';
import type { MediaFeature, Page } from 'puppeteer';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { writeSafetensors } from '../../engine/io/safetensors.ts';
import { openPageRunner, type PageRunner } from './page-runner.ts';

let runner: PageRunner;
let page: Page;
let problems: string[];

beforeAll(async () => {
  runner = await openPageRunner({ adapter: 'software' });
});
afterAll(() => runner?.close());
afterEach(async () => {
  await page?.close();
  expect(problems).toEqual([]);
});

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

async function open(features: MediaFeature[] = [], width = 1280): Promise<void> {
  page = await runner.browser.newPage();
  problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/favicon/.test(message.location().url ?? '')) problems.push(message.text());
  });
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures(features);
  await page.goto(`${runner.origin}/gallery/index.html`);
  await appears('chalk-math-card >>> .code');
  await appears('chalk-network-editor >>> .facts');
}

interface AxeResult {
  readonly violations: { readonly id: string; readonly impact: string; readonly nodes: { readonly target: string[] }[] }[];
}

/** @param off rules that do not apply */
async function violations(off: readonly string[] = []): Promise<string[]> {
  await page.addScriptTag({ path: axePath });
  return page.evaluate(async (without) => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<AxeResult> } };
    const found = (await axe.run()).violations.filter((v) => !without.includes(v.id));
    return found.map((v) => `${v.id} (${v.impact}): ${v.nodes.map((node) => node.target.join(' ')).join('; ')}`);
  }, off);
}

/** Collects an event's details in the page. */
async function listen(name: string): Promise<() => Promise<unknown[]>> {
  await page.evaluate((event) => {
    const seen: unknown[] = [];
    (globalThis as unknown as Record<string, unknown>)[`seen ${event}`] = seen;
    document.addEventListener(event, (e) => seen.push((e as CustomEvent).detail));
  }, name);
  return () =>
    page.evaluate(
      (event) =>
        ((globalThis as unknown as Record<string, unknown[]>)[`seen ${event}`] ?? []).map((detail) =>
          JSON.parse(JSON.stringify(detail, (_, value) => (ArrayBuffer.isView(value) ? Array.from(value as Uint8Array) : value))),
        ),
      name,
    );
}

const text = (selector: string) => page.$eval(selector, (node) => (node.textContent ?? '').trim());

/** Waits for an element inside shadow roots, whose changes puppeteer's own waiting does not see. */
async function appears(selector: string): Promise<void> {
  for (let i = 0; i < 600 && !(await page.$(selector)); i++) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await page.$(selector), selector).not.toBeNull();
}

async function press(...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key as 'Enter');
}

describe('every component', () => {
  it.each([
    ['light', [{ name: 'prefers-color-scheme', value: 'light' }], 1280],
    ['dark', [{ name: 'prefers-color-scheme', value: 'dark' }], 1280],
    ['on 360 px', [], 360],
  ] as [string, MediaFeature[], number][])('has no accessibility problem, %s', async (_, features, width) => {
    await open(features, width);
    expect(await violations()).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  });

  it('has no accessibility problem in forced colours', async () => {
    await open();
    const session = await page.createCDPSession();
    await session.send('Emulation.setEmulatedMedia', { features: [{ name: 'forced-colors', value: 'active' }] });
    // The colours are the reader's own there.
    expect(await violations(['color-contrast'])).toEqual([]);
  });

  it('draws its canvases anew when the theme changes', async () => {
    await open([{ name: 'prefers-color-scheme', value: 'light' }]);
    const corners = () =>
      page.evaluate(() =>
        ['chalk-heat-map', 'chalk-tensor-view', 'chalk-image-grid:not([columns="0"])[scale="4"]'].map((selector) => {
          const canvas = document.querySelector(selector)?.shadowRoot?.querySelector('canvas') as HTMLCanvasElement;
          return Array.from(canvas.getContext('2d')?.getImageData(3, 3, 1, 1).data ?? []).join();
        }),
      );
    const light = await corners();
    await page.evaluate(() => {
      document.documentElement.setAttribute('theme', 'dark');
      document.dispatchEvent(new CustomEvent('chalk-theme'));
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const dark = await corners();
    for (const [i, color] of light.entries()) expect(dark[i]).not.toBe(color);
  });

  it('draws a thousand pictures and a hundred thousand points without holding the page up', async () => {
    await open();
    const [grid, chart] = await page.evaluate(async () => {
      const longest = async (work: () => Promise<unknown>) => {
        const start = performance.now();
        await work();
        return performance.now() - start;
      };
      const images = { data: new Uint8Array(784 * 1000), count: 1000, width: 28, height: 28, channels: 1 as const };
      const element = document.querySelector('chalk-image-grid');
      const plot = document.querySelector('chalk-chart');
      if (!element || !plot) throw new Error('no elements');
      const x = Float64Array.from({ length: 100_000 }, (_, i) => i);
      return [
        await longest(async () => {
          element.images = images;
          await element.updateComplete;
        }),
        await longest(async () => {
          plot.series = [{ id: 'long', label: 'long', x, y: x.map((v) => Math.sin(v / 1000)) }];
          await plot.updateComplete;
        }),
      ];
    });
    expect(grid).toBeLessThan(500);
    expect(chart).toBeLessThan(500);
  });

  it('is documented', async () => {
    await open();
    const undocumented = await page.$$eval('section', (sections) =>
      sections
        .filter((s) => !s.querySelector(':scope > p')?.textContent || s.querySelectorAll('.api table').length === 0)
        .map((s) => s.id),
    );
    expect(undocumented).toEqual([]);
    expect(await page.$$eval('section', (sections) => sections.length)).toBe(13);
  });
});

describe('chart', () => {
  it('moves its cursor by keys, speaks, shows a table, hides a series and saves', async () => {
    await open();
    const moves = await listen('cursor-move');
    await page.focus('chalk-chart >>> .plot');
    await press('Home', 'ArrowRight');
    expect(await moves()).toHaveLength(2);
    expect((await moves())[1]).toMatchObject({ x: 20, values: [{ id: 'train' }, { id: 'validation' }] });
    await page.waitForFunction(() =>
      document.querySelector('chalk-chart')?.shadowRoot?.querySelector('[aria-live]')?.textContent?.includes('step 20'),
    );
    await page.evaluate(() =>
      [...(document.querySelector('chalk-chart')?.shadowRoot?.querySelectorAll('button') ?? [])]
        .find((b) => b.textContent === 'table')
        ?.click(),
    );
    await appears('chalk-chart >>> table');
    const toggles = await listen('series-toggle');
    await page.click('chalk-chart >>> [part=legend] button');
    expect(await toggles()).toEqual([{ id: 'train', shown: false }]);
    const [png, csv] = await page.$eval('chalk-chart', async (chart) => [
      (await chart.toPng()).size,
      chart.toCsv().split('\n')[0],
    ]);
    const svg = await page.$eval('chalk-chart', (chart) => chart.toSvg());
    expect(svg.match(/<polyline/g)).toHaveLength(1);
    expect(svg).toContain('floor of a double softmax, 1.461');
    const parsed = await page.evaluate(
      (code) => new DOMParser().parseFromString(code, 'image/svg+xml').querySelector('parsererror')?.textContent,
      svg,
    );
    expect(parsed).toBeUndefined();
    expect(png).toBeGreaterThan(5000);
    expect(csv).toBe('step,training,validation');
  });

  it('draws growing data and forgets its plot when it leaves the page', async () => {
    await open();
    const left = await page.$eval('chalk-chart', async (chart) => {
      const x = [0];
      const y = [1];
      chart.series = [{ id: 'a', label: 'a', x, y }];
      await chart.updateComplete;
      for (let i = 1; i < 500; i++) {
        x.push(i);
        y.push(1 / i);
        chart.refresh();
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
      const rows = chart.toCsv().trim().split('\n').length;
      chart.remove();
      return [rows, chart.shadowRoot?.querySelectorAll('.uplot').length];
    });
    expect(left).toEqual([501, 0]);
  });

  it('draws losses down to the smallest numbers on a logarithmic axis', async () => {
    await open();
    for (const low of [1e-9, 1.1e-24, 1e-38]) {
      await page.$eval(
        'chalk-chart',
        async (chart, smallest) => {
          chart.yScale = 'log';
          chart.lines = [];
          chart.markers = [];
          chart.series = [{ id: 'a', label: 'a', x: [0, 1, 2], y: [1.3, 0.02, smallest] }];
          await chart.updateComplete;
          await new Promise((resolve) => setTimeout(resolve, 50));
        },
        low,
      );
    }
  });

  it('shares its cursor with the charts of its key', async () => {
    await open();
    await page.focus('chalk-chart >>> .plot');
    await press('Home');
    const shown = await page.$$eval('chalk-chart', (charts) =>
      charts.map((chart) => chart.shadowRoot?.querySelectorAll('li .number').length),
    );
    expect(shown[0]).toBe(2);
    expect(shown[2]).toBe(0);
  });
});

describe('pictures and matrices', () => {
  it('image grid: keys walk and select', async () => {
    await open();
    const selects = await listen('item-select');
    const hovers = await listen('item-hover');
    await page.focus('chalk-image-grid >>> .grid');
    await press('ArrowRight', 'ArrowRight', 'Enter');
    expect(await selects()).toEqual([{ index: 2 }]);
    expect(await hovers()).toEqual([{ index: 1 }, { index: 2 }]);
    expect(await text('chalk-image-grid >>> [role=option]')).toMatch(/^Image 3, /);
  });

  it('heat map: reads values, keeps a locked scale', async () => {
    await open();
    await page.focus('chalk-heat-map >>> .map');
    await press('ArrowRight', 'ArrowRight');
    expect(await text('chalk-heat-map >>> output')).toMatch(/^row 0, column 1: /);
    const legend = () => text('chalk-heat-map >>> .legend');
    const before = await legend();
    await page.click('chalk-heat-map >>> input[type=checkbox]');
    await page.$eval('chalk-heat-map', async (map) => {
      map.values = Float32Array.from({ length: 192 }, (_, i) => i);
      await map.updateComplete;
    });
    expect((await legend()).split(/\s+/)[0]).toBe(before.split(/\s+/)[0]);
    await page.click('chalk-heat-map >>> input[type=checkbox]');
    expect(await legend()).toContain('191');
  });

  it('confusion matrix: keys and clicks select a cell', async () => {
    await open();
    const cells = await listen('cell-select');
    await page.focus('chalk-confusion-matrix >>> td[tabindex="0"]');
    await press('ArrowRight', 'ArrowDown', 'Enter');
    expect(await cells()).toMatchObject([{ truth: 1, predicted: 1 }]);
    expect(await text('chalk-confusion-matrix >>> .heading')).toMatch(/^true 1, predicted 1: \d+ images$/);
  });

  it('tensor view: reads a value with its place', async () => {
    await open();
    await page.focus('chalk-tensor-view >>> .tiles');
    await press('ArrowRight', 'ArrowRight');
    expect(await text('chalk-tensor-view >>> output')).toMatch(/^\[0, 1, 0, 0\] = /);
  });

  it('scatter plot: pointer and keys find points among ten thousand, quickly', async () => {
    await open();
    const hovers = await listen('point-hover');
    const selects = await listen('point-select');
    await page.focus('chalk-scatter-plot >>> .plot');
    await press('ArrowRight', 'ArrowRight', 'Enter');
    expect(await hovers()).toHaveLength(2);
    expect(await selects()).toHaveLength(1);
    const milliseconds = await page.$eval('chalk-scatter-plot', async (plot) => {
      const start = performance.now();
      plot.refresh();
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      return performance.now() - start;
    });
    expect(milliseconds).toBeLessThan(1000);
  });
});

describe('input', () => {
  it('digit pad: pointer and keyboard draw digits that are centred', async () => {
    await open();
    const digits = await listen('digit-change');
    const last = async () => (await digits()).at(-1) as { pixels: number[]; empty: boolean };
    await page.$eval('chalk-digit-pad', (pad) => pad.scrollIntoView({ block: 'center' }));
    const box = await (await page.$('chalk-digit-pad >>> canvas'))?.boundingBox();
    if (!box) throw new Error('no pad');
    await page.mouse.move(box.x + 40, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + 40, box.y + 120, { steps: 6 });
    await page.mouse.up();
    await page.waitForFunction(() => (globalThis as unknown as Record<string, unknown[]>)['seen digit-change']?.length);
    await new Promise((resolve) => setTimeout(resolve, 60));
    const drawn = await last();
    expect(drawn.pixels).toHaveLength(784);
    expect(drawn.pixels[14 * 28 + 14]).toBeGreaterThan(200);
    expect(drawn.pixels[5]).toBe(0);
    await page.focus('chalk-digit-pad >>> .pad');
    await press('Delete');
    await page.waitForFunction(
      () => (globalThis as unknown as Record<string, { empty: boolean }[]>)['seen digit-change']?.at(-1)?.empty,
    );
    await press('ArrowDown', ' ', 'ArrowDown', 'ArrowDown', 'ArrowDown', ' ');
    await page.waitForFunction(
      () => !(globalThis as unknown as Record<string, { empty: boolean }[]>)['seen digit-change']?.at(-1)?.empty,
    );
    expect(Math.max(...(await last()).pixels)).toBeGreaterThan(200);
  });

  it('network editor: changes layers, shows errors where they are', async () => {
    await open();
    const changes = await listen('network-change');
    const wrong = () =>
      page.$$eval('chalk-network-editor >>> li.wrong', (rows) => rows.map((row) => row.getAttribute('aria-label')));
    await appears('chalk-network-editor >>> li.wrong');
    expect(await wrong()).toEqual(['Layer 4, linear']);
    const input = 'chalk-network-editor >>> input[aria-label="in of layer 4"]';
    await page.click(input, { count: 3 });
    await page.type(input, '5408');
    await press('Tab');
    await page.waitForFunction(
      () => document.querySelector('chalk-network-editor')?.shadowRoot?.querySelector('li.wrong') === null,
    );
    expect(await changes()).toMatchObject([{ valid: true }]);
    expect(await text('chalk-network-editor >>> .total')).toBe('351,306 parameters');
    await page.click('chalk-network-editor >>> button[aria-label="Remove layer 3"]');
    await appears('chalk-network-editor >>> li.wrong');
    expect((await changes()).at(-1)).toMatchObject({ valid: false });
  });

  it('data set picker: a drop of folders gives classes', async () => {
    await open();
    const files = await listen('files-add');
    const chosen = await listen('dataset-change');
    await page.click('chalk-dataset-picker >>> #set-fashion');
    expect(await chosen()).toEqual([{ id: 'fashion' }]);
    await page.$eval('chalk-dataset-picker', (picker) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(['x'], 'one.png', { type: 'image/png' }));
      transfer.items.add(new File(['x'], 'notes.txt'));
      picker.shadowRoot
        ?.querySelector('.drop')
        ?.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, cancelable: true }));
    });
    await page.waitForFunction(() => (globalThis as unknown as Record<string, unknown[]>)['seen files-add']?.length);
    expect(await files()).toMatchObject([{ images: [{ path: 'one.png', label: null }], skipped: ['notes.txt'] }]);
    expect(await text('chalk-dataset-picker >>> .status')).toBe('1 images, 1 other files left out');
  });

  it('checkpoint bar: takes sound files, names what is wrong with others, remembers', async () => {
    await open();
    const loads = await listen('checkpoint-load');
    const bytes = writeSafetensors(new Map([['w', { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) }]]), {});
    const drop = (content: number[], name: string) =>
      page.$eval(
        'chalk-checkpoint-bar',
        (bar, data, file) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([Uint8Array.from(data)], file));
          bar.shadowRoot
            ?.querySelector('.bar')
            ?.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, cancelable: true }));
        },
        content,
        name,
      );
    await drop([1, 2, 3], 'broken.safetensors');
    await appears('chalk-checkpoint-bar >>> .failure');
    expect(await text('chalk-checkpoint-bar >>> .failure')).toContain('broken.safetensors is no checkpoint');
    await drop(Array.from(bytes), 'model.safetensors');
    await page.waitForFunction(() => (globalThis as unknown as Record<string, unknown[]>)['seen checkpoint-load']?.length);
    expect(await loads()).toEqual([{ name: 'model.safetensors', bytes: Array.from(bytes) }]);
    // The gallery's bar stored its checkpoint; a bar of the same key that comes later offers it.
    await page.waitForFunction(async () => {
      const bar = document.createElement('chalk-checkpoint-bar');
      bar.key = 'gallery';
      document.body.append(bar);
      await new Promise((resolve) => setTimeout(resolve, 100));
      const offered = bar.shadowRoot?.querySelector('button.primary')?.textContent?.replace(/\s+/g, ' ').trim();
      bar.remove();
      return offered === 'Continue where I was (step 1,200, sample)';
    });
  });

  it('runs table: toggles, restores, sorts and follows a cursor', async () => {
    await open();
    const toggles = await listen('run-toggle');
    const restores = await listen('run-restore');
    await page.click('chalk-runs-table >>> tbody input');
    expect(await toggles()).toEqual([{ id: 'a', shown: false }]);
    await page.click('chalk-runs-table >>> button[aria-label="Use the settings of λ = 0.001"]');
    expect(await restores()).toEqual([{ id: 'b' }]);
    const names = () =>
      page.$$eval('chalk-runs-table >>> tbody th .name', (cells) => cells.map((cell) => cell.textContent?.trim()));
    await page.click('chalk-runs-table >>> thead th:last-of-type button');
    expect(await names()).toEqual(['λ = 0.001', 'dropout', 'no decay']);
  });

  it('export menu: opens, provides, closes by Escape', async () => {
    await open();
    const done = await listen('export-done');
    await page.click('chalk-export-menu >>> summary');
    await page.click('chalk-export-menu >>> li:nth-child(2) .take');
    await page.waitForFunction(() => (globalThis as unknown as Record<string, unknown[]>)['seen export-done']?.length);
    expect(await done()).toEqual([{ id: 'csv', bytes: 16 }]);
    expect(await text('chalk-export-menu >>> .message')).toBe('Saved loss.csv.');
    await press('Escape');
    expect(await page.$eval('chalk-export-menu', (menu) => menu.open)).toBe(false);
  });
});

describe('math card', () => {
  const marked = () =>
    page.$eval('chalk-math-card', (card) => {
      const root = card.shadowRoot as ShadowRoot;
      const count = (selector: string) => root.querySelectorAll(`${selector} [data-term].on`).length;
      return {
        equation: count('.equation'),
        typescript: count('#pane-typescript'),
        wgsl: count('#pane-wgsl'),
        tensors: root.querySelectorAll('.tensor.on').length,
      };
    });

  it('marks a term in all panes, by keys and by click, and tells the controls', async () => {
    await open();
    const selects = await listen('term-select');
    await page.focus('chalk-math-card >>> .terms [tabindex="0"]');
    await press('ArrowRight');
    expect((await selects()).at(-1)).toMatchObject({ card: 'linear', id: 'b', symbol: 'b', label: 'weights' });
    const { equation, typescript, wgsl, tensors } = await marked();
    expect([equation, tensors]).toEqual([1, 1]);
    expect(typescript).toBeGreaterThan(1);
    expect(wgsl).toBeGreaterThan(1);
    await page.click('chalk-math-card >>> .equation [data-term="bias"]');
    expect((await selects()).at(-1)).toMatchObject({ id: 'bias' });
    await page.$eval('chalk-math-card', (card) => card.selectSymbol('y'));
    expect((await marked()).equation).toBe(1);
    expect(await selects()).toHaveLength(2);
  });

  it('shows new tensors when it comes into sight, and does not draw them before', async () => {
    await open();
    const numbers = () => text('chalk-math-card >>> chalk-tensor-view >>> header');
    const before = await numbers();
    await page.$eval('chalk-math-card', async (card) => {
      window.scrollTo(0, 0);
      await new Promise((resolve) => setTimeout(resolve, 200));
      card.tensors = card.tensors.map((tensor) => ({ ...tensor, data: Float32Array.from(tensor.data, () => 42) }));
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await numbers()).toBe(before);
    await page.$eval('chalk-math-card', (card) => card.scrollIntoView());
    await page.waitForFunction(() =>
      document
        .querySelector('chalk-math-card')
        ?.shadowRoot?.querySelector('chalk-tensor-view')
        ?.shadowRoot?.querySelector('header')
        ?.textContent?.includes('mean 42'),
    );
  });

  it('folds its code away and opens it again', async () => {
    await open();
    await page.$eval('chalk-math-card', (card) => {
      card.folded = true;
    });
    const code = () => page.$$eval('chalk-math-card >>> .code', (panes) => panes.length);
    expect(await code()).toBe(0);
    await page.$eval('chalk-math-card >>> .fold', (button) => (button as HTMLElement).click());
    expect(await code()).toBe(2);
    expect((await marked()).typescript).toBeGreaterThan(0);
  });

  it('verifies the kernel on this device', async () => {
    await open();
    await page.$eval('chalk-math-card', (card) => card.shadowRoot?.querySelector<HTMLElement>('footer button.primary')?.click());
    await appears('chalk-math-card >>> .checks table');
    expect(await text('chalk-math-card >>> .checks tbody th')).toBe('✓ equal kernel matmul against its reference: y');
  });

  it('shows the unrolled form of what runs, and goes back to a file that has the selected term', async () => {
    await open();
    await page.select('chalk-math-card >>> .pane-head select', 'register-tile-4x1');
    const lines = () => page.$$eval('chalk-math-card >>> #pane-wgsl .line', (all) => all.length);
    const plain = await lines();
    await page.evaluate(() =>
      [...(document.querySelector('chalk-math-card')?.shadowRoot?.querySelectorAll('.pane-head button') ?? [])]
        .find((b) => b.textContent === 'unrolled')
        ?.dispatchEvent(new MouseEvent('click')),
    );
    await page.waitForFunction(
      (n) => (document.querySelector('chalk-math-card')?.shadowRoot?.querySelectorAll('#pane-wgsl .line').length ?? 0) > n,
      {},
      plain,
    );
  });
});
