/** What the labs' pages export, opened by other software: pictures by Pillow, CSV and JSON by Python, number by number. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../apps/cli/root.ts';
import { pythonWith } from '../python.ts';
import { launchBrowser } from './launch.ts';
import { type Served, serveFolder } from './serve.ts';

const dist = join(repositoryRoot, 'dist');
const labs = existsSync(join(dist, 'labs')) ? readdirSync(join(dist, 'labs')).sort() : [];
const python = pythonWith('PIL');
const missing = 'reason' in python ? python.reason : '';

interface Picture {
  readonly kind: string;
  readonly size: readonly [number, number];
  readonly colours: number;
  /** Row by row; empty for a large picture. */
  readonly grey: readonly number[];
}
interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
}
/** What the tests read of a lab's element. */
interface Shown {
  readonly charts: Readonly<Record<string, Readonly<Record<string, Curve>>>>;
  /** By table: the number of its rows. */
  readonly tables: Readonly<Record<string, number>>;
  /** Of the classify lab: pixels of its first pictures, and its confusion matrix. */
  readonly examples: readonly number[];
  readonly matrix: readonly number[];
}

/** Exports of the recording that the page shows: everything but what only a live run has. */
async function exportsOf(page: Page): Promise<{ files: readonly (readonly [name: string, base64: string])[]; shown: Shown }> {
  return page.$eval('main > *', async (element) => {
    type Item = { id: string; format: string; unavailable?: string; provide(): unknown };
    type Plain = { store: { charts: Map<string, Map<string, Curve>>; tables: Map<string, unknown[]> } };
    type Classify = { images: Map<string, { data: Uint8Array }>; data: Map<string, { matrix?: { counts: Uint32Array } }> };
    const files: [string, string][] = [];
    type Menu = { open: boolean; items: readonly Item[]; updateComplete: Promise<unknown> };
    const menu = element.shadowRoot?.querySelector('.tools chalk-export-menu') as unknown as Menu;
    menu.open = true;
    // What makes the items comes with the opening.
    while (!menu.items.some(({ id }) => id === 'run')) await new Promise((resolve) => setTimeout(resolve, 20));
    await (element as unknown as Menu).updateComplete;
    for (const { id, format, unavailable, provide } of menu.items) {
      if (unavailable !== undefined || !['png', 'csv', 'json'].includes(format)) continue;
      const blob = new Blob([(await provide()) as BlobPart]);
      const address = await new Promise<string>((resolve) => {
        const reader = new FileReader();
        reader.onload = () => resolve(String(reader.result));
        reader.readAsDataURL(blob);
      });
      files.push([`${id.replace(/[^\w-]+/g, '_')}.${format}`, address.slice(address.indexOf(',') + 1)]);
    }
    const { store } = element as unknown as Plain;
    const { images, data } = store as unknown as Classify;
    const plain = (curves: Map<string, Curve>) =>
      Object.fromEntries([...curves].map(([name, { x, y }]) => [name, { x: [...x], y: [...y] }]));
    const charts = Object.fromEntries([...store.charts].map(([chart, curves]) => [chart, plain(curves)]));
    const tables = Object.fromEntries([...store.tables].map(([name, rows]) => [name, rows.length]));
    const examples = [...(images.get('examples')?.data ?? [])];
    return { files, shown: { charts, tables, examples, matrix: [...(data.get('evaluation')?.matrix?.counts ?? [])] } };
  });
}

function opened(files: readonly (readonly [string, string])[]): Readonly<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), 'exports-'));
  try {
    for (const [name, base64] of files) writeFileSync(join(folder, name), Buffer.from(base64, 'base64'));
    const command = 'command' in python ? python.command : '';
    const options = { encoding: 'utf8', maxBuffer: 1 << 28 } as const;
    return JSON.parse(execFileSync(command, [join(import.meta.dirname, 'open_exports.py'), folder], options));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.skipIf(missing !== '')(`exports opened elsewhere${missing && ` (skipped: ${missing})`}`, () => {
  let served: Served;
  let browser: Browser;
  beforeAll(async () => {
    expect(labs.length, 'dist/labs is empty: run `npm run build` first').toBeGreaterThan(0);
    served = await serveFolder(dist, '/course/site/');
    browser = await launchBrowser({ adapter: 'none' });
  });
  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });

  it.each(labs)('%s: pictures open, and numbers are those of the page', async (id) => {
    const page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 900 });
    await page.goto(`${served.origin}/labs/${id}/index.html`, { waitUntil: 'networkidle0' });
    await page.waitForSelector('main > * >>> .finding:not(:empty)');
    const { files, shown } = await exportsOf(page);
    await page.close();
    const found = opened(files);
    expect(Object.keys(found).sort()).toEqual(files.map(([name]) => name).sort());

    const pictures = Object.entries(found).filter(([name]) => name.endsWith('.png')) as [string, Picture][];
    expect(pictures.length).toBeGreaterThan(0);
    for (const [name, { kind, size, colours }] of pictures) {
      expect(kind, name).toBe('PNG');
      expect(Math.min(...size), name).toBeGreaterThanOrEqual(20);
      expect(colours, name).toBeGreaterThan(2);
    }

    const [head, ...curves] = found['curves.csv'] as string[][];
    expect(head).toEqual(['chart', 'series', 'x', 'y']);
    const points = Object.entries(shown.charts).flatMap(([chart, series]) =>
      Object.entries(series).flatMap(([name, { x, y }]) => x.map((at, i) => [chart, name, at, y[i]])),
    );
    expect(curves.map(([chart, name, x, y]) => [chart, name, Number(x), Number(y)])).toEqual(points);
    expect((found['run.json'] as { curves: unknown }).curves).toEqual(shown.charts);
    for (const [name, rows] of Object.entries(shown.tables)) {
      const table = found[`table-${name.replace(/[^\w-]+/g, '_')}.csv`] as string[][];
      expect(table.length, name).toBe(1 + rows);
      expect(new Set(table.map((row) => row.length)).size, name).toBe(1);
    }

    if (id !== 'classify') return;
    const [, grid] = pictures.find(([name]) => name.includes('training-images')) ?? expect.fail('no training images');
    // 24 pictures of 28 × 28 in a row, three pixels apart.
    expect(grid.size).toEqual([24 * 31 - 3, 28]);
    const first = shown.examples.slice(0, 784).map((_, at) => grid.grey[Math.floor(at / 28) * grid.size[0] + (at % 28)]);
    expect(first).toEqual(shown.examples.slice(0, 784));
    const matrix = Object.entries(found).find(([name]) => /confusion.*\.csv$/.test(name))?.[1] as string[][];
    expect(matrix.slice(1).flatMap((row) => row.slice(1).map(Number))).toEqual(shown.matrix);
    type Matrix = { readonly classes: readonly string[]; readonly counts: readonly (readonly number[])[] };
    const [, json] = Object.entries(found).find(([name]) => /confusion.*\.json$/.test(name)) ?? expect.fail('no JSON');
    const { classes, counts } = json as Matrix;
    expect(classes).toEqual(matrix[0]?.slice(1));
    expect(counts.flat()).toEqual(shown.matrix);
  });
});
