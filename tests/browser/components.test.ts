/** The components in a real browser, on the gallery page: accessibility, keyboard, themes, small screens, charts and pictures. */
import type { MediaFeature } from 'puppeteer';
import { describe, expect, it } from 'vitest';
import { appears, listen, open, page, press, text, useGallery, violations } from './gallery-page.ts';

useGallery();

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
    expect(await page.$$eval('section', (sections) => sections.length)).toBe(18);
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
      return [rows, chart.shadowRoot?.querySelectorAll('canvas').length];
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

  it('follows the pointer, and forgets it when it leaves', async () => {
    await open();
    const cursor = () =>
      page.$eval('chalk-chart >>> .plot', (plot) => ({
        shown: plot.querySelector<HTMLElement>('.cursor')?.hidden === false,
        values: (plot.getRootNode() as ShadowRoot).querySelectorAll('li .number').length,
      }));
    const over = await page.$('chalk-chart >>> .over');
    await over?.scrollIntoView();
    const box = await over?.boundingBox();
    if (!box) throw new Error('the chart has no plot');
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.waitForFunction(() => document.querySelector('chalk-chart')?.shadowRoot?.querySelector('li .number'));
    expect(await cursor()).toEqual({ shown: true, values: 2 });
    await page.mouse.move(box.x + box.width / 2, box.y - 60);
    await page.waitForFunction(() => !document.querySelector('chalk-chart')?.shadowRoot?.querySelector('li .number'));
    expect(await cursor()).toEqual({ shown: false, values: 0 });
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
