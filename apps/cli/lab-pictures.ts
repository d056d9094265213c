/**
 * `node apps/cli/run.mjs exec apps/cli/lab-pictures.ts [ID …]`: the small pictures of the home page, `apps/labs/<lab>/card.webp`. Each is
 * the lab's figure as its recording, a real run, left it.
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

/** Photographs the top of a lab's figure in the light theme. @throws Error where the lab shows nothing */
async function photograph(page: Page, served: Served, id: string): Promise<void> {
  await page.goto(`${served.origin}/labs/${id}/index.html#embed=1`, { waitUntil: 'networkidle0' });
  await page.waitForFunction(() => (document.querySelector('main > *') as unknown as { recorded: boolean }).recorded, {
    timeout: 60_000,
  });
  // A picture needs no buttons.
  await page.$$eval('main > * >>> chalk-chart', (charts) => {
    for (const chart of charts) (chart as unknown as { noTools: boolean }).noTools = true;
  });
  // Fonts, canvases and images have their frames.
  await new Promise((resolve) => setTimeout(resolve, 1500));
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
  const path: `${string}.webp` = `${join(repositoryRoot, 'apps/labs', id)}/card.webp`;
  await page.screenshot({ path, type: 'webp', quality: 82, clip: framed });
  console.log(path.slice(repositoryRoot.length + 1));
}

/** @returns 1 where a lab could not be photographed */
export async function main(args: readonly string[]): Promise<number> {
  const all = labs
    .map(({ definition }) => definition.id)
    .filter((id) => existsSync(join(repositoryRoot, 'apps/labs', id, 'recording.json')));
  const wanted = args.length > 0 ? args : all;
  const served = await serveSources();
  const browser = await launchBrowser({ adapter: 'none', viewport: { width: size.width, height: 900 } });
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
