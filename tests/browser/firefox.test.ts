/** Every lab of the built site in Firefox, which has no WebGPU adapter here: it paints, shows its finding and trains on the processor. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import puppeteer, { type Browser } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFirefox } from '../../apps/cli/needs/table.ts';
import { repositoryRoot } from '../../apps/cli/root.ts';
import { hasData } from './lab-data.ts';
import { type Served, serveFolder } from './serve.ts';

const dist = join(repositoryRoot, 'dist');
const labs = existsSync(join(dist, 'labs')) ? readdirSync(join(dist, 'labs')).sort() : [];
const firefox = findFirefox()?.name;

interface Lab extends HTMLElement {
  runState: string;
  recorded: boolean;
  store: { step?: { step: number } };
  play(): void;
  pause(): void;
}

describe.skipIf(firefox === undefined)('in Firefox', () => {
  let browser: Browser;
  let served: Served;
  beforeAll(async () => {
    expect(labs.length, 'dist/labs is empty: run `npm run build` first').toBeGreaterThan(0);
    served = await serveFolder(dist, '/course/');
    browser = await puppeteer.launch({ browser: 'firefox', executablePath: firefox as string, headless: true });
  });
  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });

  // Under load one start in several has not begun within its time (failure modes, seen on 2026-12-01, cause unknown): a second try tells that from a lab that never trains.
  it.each(labs)('%s paints and trains', { retry: 1 }, async (id) => {
    const problems: string[] = [];
    const page = await browser.newPage();
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.goto(`${served.origin}/labs/${id}/index.html`, { waitUntil: 'load' });
    await page.waitForFunction(
      (recorded) => {
        const lab = document.querySelector('main > *') as Lab | null;
        const part = lab?.shadowRoot?.querySelector(recorded ? '.finding' : 'chalk-transport-bar');
        return recorded ? part?.textContent?.trim() : part;
      },
      { timeout: 60_000 },
      existsSync(join(repositoryRoot, 'apps/labs', id, 'recording.json')),
    );
    expect(problems).toEqual([]);
    if (!hasData(id)) return page.close();
    // A lab that nobody sees waits.
    await page.bringToFront();
    await page.evaluate(() => (document.querySelector('main > *') as Lab).play());
    await page.waitForFunction(
      () => {
        const { recorded, store, runState } = document.querySelector('main > *') as Lab;
        return runState === 'failed' || (!recorded && (store.step?.step ?? 0) >= 1);
      },
      // Not by frames: a tab that the browser takes for hidden has none, and what it waits for should be said.
      { timeout: 120_000, polling: 100 },
    );
    const { state, said } = await page.evaluate(() => {
      const lab = document.querySelector('main > *') as Lab;
      const banners = [...(lab.shadowRoot?.querySelectorAll('chalk-banner') ?? [])];
      lab.pause();
      return { state: lab.runState, said: banners.map((banner) => banner.textContent).join(' ') };
    });
    expect(state, said).not.toBe('failed');
    expect(problems).toEqual([]);
    await page.close();
  });
});
