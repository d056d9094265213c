/** What some figures of the labs say, on the recordings that the pages show. */
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { repositoryRoot } from '../../apps/cli/root.ts';
import { launchBrowser } from './launch.ts';
import { type Served, serveFolder } from './serve.ts';

let served: Served;
let browser: Browser;
beforeAll(async () => {
  served = await serveFolder(join(repositoryRoot, 'dist'), '/course/site/');
  browser = await launchBrowser({ adapter: 'none' });
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
});

async function opened(id: string, hash = ''): Promise<Page> {
  const page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 900 });
  await page.goto(`${served.origin}/labs/${id}/index.html${hash}`, { waitUntil: 'networkidle0' });
  await page.waitForSelector('main > * >>> .finding:not(:empty)');
  return page;
}

/** Counts of a confusion matrix, row by row. */
const countsOf = (page: Page, name: string, matrix: boolean): Promise<number[]> =>
  page.$eval(
    'main > *',
    (element, key, inside) => {
      type Matrix = { counts: Uint32Array };
      const value = (element as unknown as { store: { data: Map<string, Matrix & { matrix: Matrix }> } }).store.data.get(key);
      return [...((inside ? value?.matrix : value)?.counts ?? [])];
    },
    name,
    matrix,
  );

const rowSum = (counts: readonly number[], row: number) => counts.slice(10 * row, 10 * row + 10).reduce((a, b) => a + b, 0);

it('classify: ten bar charts, one a true class, are the rows of the confusion matrix', async () => {
  const page = await opened('classify');
  const counts = await countsOf(page, 'evaluation', true);
  const bars = await page.$$eval('main > * >>> .class-bars figure', (figures) =>
    figures.map((figure) => [...figure.querySelectorAll('i')].map((bar) => Number.parseFloat((bar as HTMLElement).style.height))),
  );
  expect(bars).toHaveLength(10);
  for (const [truth, heights] of bars.entries())
    expect(heights).toEqual(
      Array.from({ length: 10 }, (_, k) => expect.closeTo((100 * (counts[10 * truth + k] as number)) / rowSum(counts, truth), 1)),
    );
  const said = await page.$eval('main > * >>> .class-bars li', (item) => item.getAttribute('aria-label'));
  expect(said).toMatch(new RegExp(`true 0, predicted 0: ${counts[0]}, `));
  await page.close();
});

it('failure modes: diagonal cells say count/row total, and Captum’s display has size over the image, size alone, and a colour bar', async () => {
  const page = await opened('failure-modes');
  const counts = await countsOf(page, 'clean network, clean test', false);
  const cells = await page.$eval('main > * >>> chalk-confusion-matrix', (matrix) =>
    [...(matrix.shadowRoot?.querySelectorAll('td.diagonal small') ?? [])].map((cell) => cell.textContent?.trim()),
  );
  expect(cells).toEqual(Array.from({ length: 10 }, (_, k) => `${counts[11 * k]}/${rowSum(counts, k)}`));
  const maps = await page.$eval('main > * >>> chalk-attribution-gallery', async (element) => {
    const gallery = element as unknown as { view: string; updateComplete: Promise<unknown> };
    gallery.view = 'captum';
    await gallery.updateComplete;
    return [...(element.shadowRoot?.querySelectorAll('figure') ?? [])].map((figure) => ({
      maps: [...figure.querySelectorAll('chalk-heat-map')].map((map) => [map.getAttribute('map'), map.hasAttribute('fade')]),
      legend: figure.querySelector('p')?.textContent?.replace(/\s+/g, ' ').trim() ?? '',
    }));
  });
  expect(maps).toHaveLength(4);
  for (const { maps: shown, legend } of maps) {
    expect(shown).toEqual([
      ['sequential', true],
      ['sequential', false],
    ]);
    expect(legend).toMatch(/^size 0 to [\d.]+$/);
  }
  await page.close();
});

it('regression: the cards are those of what ran', async () => {
  const page = await opened('regression', '#steps=100&samples=0&setting=dropout&activation=sigmoid&optimiser=sgd');
  const cards = async () => {
    await page.$eval('main > * >>> chalk-card-section', (section) => section.scrollIntoView());
    // Looks anew in every frame: what changes within shadow roots is not told.
    await page.waitForSelector('main > * >>> chalk-math-card', { visible: true });
    return page.$$eval('main > * >>> chalk-math-card', (all) =>
      all.map((card) => (card as unknown as { card: { id: string } }).card.id),
    );
  };
  const common = ['linear', 'linear-weight-gradient', 'mse'];
  // The recording is of all four settings with tanh and Adam, whatever the controls say.
  const all = [...common, 'tanh', 'tanh-gradient', 'weight-decay', 'dropout', 'early-stopping', 'adam'];
  expect((await cards()).sort()).toEqual(all.sort());
  await page.$eval('main > *', (lab) => (lab as unknown as { play(): void }).play());
  await page.waitForFunction(
    () => (document.querySelector('main > *') as unknown as { runState: string }).runState === 'finished',
  );
  expect((await cards()).sort()).toEqual([...common, 'sigmoid', 'sigmoid-gradient', 'dropout', 'sgd'].sort());
  await page.close();
});
