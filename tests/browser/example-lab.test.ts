/** The README's example lab, built as the site is: five files become a page, an element, a worker and math cards. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildSite, dist, id, layOut } from '../example-site/site.ts';
import { launchBrowser } from './launch.ts';
import { watchConsole } from './page-runner.ts';
import { type Served, serveFolder } from './serve.ts';

let served: Served;
let browser: Browser;
let page: Page;
beforeAll(async () => {
  layOut();
  await buildSite();
  served = await serveFolder(dist);
  browser = await launchBrowser({ adapter: 'none' });
  page = await browser.newPage();
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
});

const lab = `chalk-lab-${id}`;
const text = (selector: string) =>
  page.$eval(`${lab} >>> ${selector}`, (element) => element.textContent?.replace(/\s+/g, ' ').trim());

it('paints before any script', () => {
  const html = readFileSync(join(dist, `labs/${id}/index.html`), 'utf8');
  expect(html).toContain('<h1>Descent</h1>');
  expect(html).toContain(`<${lab} page>`);
});

it('runs, says what it found, answers, and has prose and cards', async () => {
  const { errors } = watchConsole(page);
  await page.goto(`${served.origin}/labs/${id}/index.html#v=1&steps=20&rate=0.25`);
  await page.waitForSelector(`${lab} >>> chalk-transport-bar >>> button.play`, { visible: true });
  expect(await text('.finding')).toBe('');
  await page.click(`${lab} >>> chalk-transport-bar >>> button.play`);
  // x halves with each step: 3 · 2⁻²⁰ squared.
  await page.waitForSelector(`${lab} >>> .finding:not(:empty)`, { visible: true, timeout: 30_000 });
  expect(await text('.finding')).toBe('With η = 0.25 the run ends at E = 8.2e-12.');
  expect(await text('.figure p')).toMatch(/^x: (0\.000 ?){5}$/);
  await page.click(`${lab} >>> .figure button`);
  await page.waitForFunction(
    (name) => document.querySelector(name)?.shadowRoot?.querySelector('output')?.textContent === 'E(2) = 4',
    { timeout: 10_000 },
    lab,
  );
  await page.click(`${lab} >>> .prose button`);
  await page.waitForFunction(() => location.hash.includes('rate=1'));
  await page.$eval(`${lab} >>> chalk-card-section`, (cards) => cards.scrollIntoView());
  await page.waitForSelector(`${lab} >>> chalk-card-section >>> chalk-math-card`, { visible: true, timeout: 20_000 });
  expect(errors).toEqual([]);
});
