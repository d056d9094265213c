/**
 * `node apps/cli/run.mjs exec apps/cli/lab-pictures.ts [ID …]`: the small pictures of the home page, `apps/labs/<lab>/card.webp`, each the
 * lab's figure as its recording, a real run, left it; and the README's, `apps/screenshots/<lab>.webp`, each the top of the lab's page.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { launchBrowser } from '../../tests/browser/launch.ts';
import { type Served, serveSources } from '../../tests/browser/serve.ts';
import { labs } from '../labs/registry.ts';
import { repositoryRoot } from './root.ts';

/** Size in CSS pixels; the home page shows it at half to full size. */
const size = { width: 860, height: 484 };
/** Air around what is photographed, in CSS pixels: the page has that much at its sides. */
const air = 12;

/** Of the README's pictures, in CSS pixels. */
const wide = { width: 1280, height: 1000 };

/** Opens a lab as its recording left it. @throws Error where the lab shows nothing */
async function open(page: Page, address: string, viewport: typeof size): Promise<void> {
  await page.setViewport(viewport);
  await page.goto('about:blank');
  await page.goto(address, { waitUntil: 'networkidle0' });
  await page.waitForFunction(() => (document.querySelector('main > *') as unknown as { recorded: boolean }).recorded, {
    timeout: 60_000,
  });
}

/** Fonts, canvases and images have their frames then. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 1500));

const save = async (page: Page, file: `${string}.webp`, clip?: { x: number; y: number; width: number; height: number }) => {
  await page.screenshot({
    path: join(repositoryRoot, file) as typeof file,
    type: 'webp',
    quality: 82,
    ...(clip ? { clip } : {}),
  });
  console.log(file);
};

/** Photographs a lab in the light theme: the top of its page, and of its figure. */
async function photograph(page: Page, served: Served, id: string): Promise<void> {
  const address = `${served.origin}/labs/${id}/index.html`;
  await open(page, address, wide);
  await settled();
  await save(page, `apps/screenshots/${id}.webp`);
  await open(page, `${address}#embed=1`, { width: size.width, height: 900 });
  // A picture needs no buttons.
  await page.$$eval('main > * >>> chalk-chart', (charts) => {
    for (const chart of charts) (chart as unknown as { noTools: boolean }).noTools = true;
  });
  await settled();
  const clip = await page.$eval(
    'main > * >>> .figure',
    (figure, aspect) => {
      // The figure's first part where that fills the picture, else the figure from its top.
      const chosen = figure.querySelector('[data-card]');
      const first = (chosen ?? figure.firstElementChild ?? figure).getBoundingClientRect();
      const fills = first.height > (0.75 * first.width) / aspect;
      const box = fills ? first : figure.getBoundingClientRect();
      const height = Math.min(box.height, box.width / aspect);
      // What was chosen is read from its top; of one plot the middle says most.
      const skipped = fills && !chosen ? (box.height - height) / 2 : 0;
      return { x: box.x + scrollX, y: box.y + scrollY + skipped, width: box.width, height };
    },
    size.width / size.height,
  );
  const framed = { x: clip.x - air, y: clip.y - air, width: clip.width + 2 * air, height: clip.height + 2 * air };
  await save(page, `apps/labs/${id}/card.webp`, framed);
}

/** @returns 1 where a lab could not be photographed */
export async function main(args: readonly string[]): Promise<number> {
  const all = labs
    .map(({ definition }) => definition.id)
    .filter((id) => existsSync(join(repositoryRoot, 'apps/labs', id, 'recording.json')));
  const wanted = args.length > 0 ? args : all;
  const served = await serveSources();
  const browser = await launchBrowser({ adapter: 'none', viewport: wide });
  let failed = 0;
  try {
    const page = await browser.newPage();
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
    for (const id of wanted) {
      await photograph(page, served, id).catch((error: unknown) => {
        failed += 1;
        console.error(`${id}: ${error instanceof Error ? error.message : error}`);
      });
    }
  } finally {
    await browser.close();
    await served.close();
  }
  return failed > 0 ? 1 : 0;
}
