/** The home page in a real browser: it shows its labs, and keeps the theme. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { axeProblems } from './axe-problems.ts';
import { openPageRunner, type PageRunner } from './page-runner.ts';

let runner: PageRunner;
beforeAll(async () => {
  runner = await openPageRunner({ adapter: 'software' });
});
afterAll(() => runner?.close());

it('shows the home page', async () => {
  const page = await runner.browser.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.goto(`${runner.origin}/index.html`);
  await page.waitForSelector('chalk-lab-list');
  expect(await axeProblems(page)).toEqual([]);
  await page.select('chalk-theme-switch >>> select', 'dark');
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('dark');
  await page.reload();
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('dark');
  await page.setViewport({ width: 360, height: 700 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  expect(problems).toEqual([]);
});
