/**
 * `run.mjs screenshots [FOLDER] [--page PART]`: pictures of every page of the built site, wide and narrow, light and dark, to be
 * looked at. Prints what the console of a page said.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from 'puppeteer';
import { requireChrome } from '../../tests/browser/find-chrome.ts';
import { launchBrowser } from '../../tests/browser/launch.ts';
import { watchConsole } from '../../tests/browser/page-runner.ts';
import { serveFolder } from '../../tests/browser/serve.ts';
import { pagesOf } from './pages.ts';
import { runCommand } from './prepare.ts';
import { repositoryRoot } from './root.ts';

const WIDTHS = [1280, 360] as const;
const SCHEMES = ['light', 'dark'] as const;

/** @returns 1 where a page reported an error */
export async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { page: { type: 'string', default: '' } },
    allowPositionals: true,
  });
  if (positionals.length > 1) throw new Error(`one folder at most, not ${positionals.join(' and ')}`);
  const folder = resolve(positionals[0] ?? join(repositoryRoot, '.cache/screenshots'));
  const dist = join(repositoryRoot, 'dist');
  requireChrome();
  if (!existsSync(join(dist, 'index.html')) && runCommand('build') !== 0) return 1;
  mkdirSync(folder, { recursive: true });

  const served = await serveFolder(dist);
  const browser = await launchBrowser();
  let failed = 0;
  try {
    for (const path of pagesOf(dist).filter((page) => page.includes(values.page))) {
      for (const width of WIDTHS) {
        for (const scheme of SCHEMES) {
          const page = await browser.newPage();
          const { errors } = watchConsole(page);
          const name: `${string}.png` = `${path.replace(/\.html$/, '').replaceAll('/', '-')}-${width}-${scheme}.png`;
          await photograph(page, `${served.origin}/${path}`, width, scheme, `${folder}/${name}`);
          await page.close();
          failed += errors.length;
          console.log([name, ...errors.map((error) => `  ${error}`)].join('\n'));
        }
      }
    }
  } finally {
    await browser.close();
    await served.close();
  }
  console.log(`The pictures are in ${folder}.`);
  return failed > 0 ? 1 : 0;
}

async function photograph(page: Page, url: string, width: number, scheme: string, file: `${string}.png`): Promise<void> {
  await page.setViewport({ width, height: width < 600 ? 740 : 900 });
  await page.emulateMediaFeatures([
    { name: 'prefers-color-scheme', value: scheme },
    { name: 'prefers-reduced-motion', value: 'reduce' },
  ]);
  await page.goto(url, { waitUntil: 'networkidle0', timeout: 60_000 });
  await page.screenshot({ path: file, fullPage: true });
}
