/** The component gallery in a browser: what the tests of the components share. */
import { createRequire } from 'node:module';
import type { MediaFeature, Page } from 'puppeteer';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { openPageRunner, type PageRunner } from './page-runner.ts';

let runner: PageRunner;
/** The page that `open` opened last. */
export let page: Page;
let problems: string[];

/** One browser for a test file; every test ends with its page closed and without an error on its console. */
export function useGallery(): void {
  beforeAll(async () => {
    runner = await openPageRunner({ adapter: 'software' });
  });
  afterAll(() => runner?.close());
  afterEach(async () => {
    await page?.close();
    expect(problems).toEqual([]);
  });
}

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Opens the gallery and waits for what it fetches late. */
export async function open(features: MediaFeature[] = [], width = 1280): Promise<void> {
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

/**
 * What axe finds, one line a rule.
 * @param off rules that do not apply
 */
export async function violations(off: readonly string[] = []): Promise<string[]> {
  await page.addScriptTag({ path: axePath });
  return page.evaluate(async (without) => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<AxeResult> } };
    const found = (await axe.run()).violations.filter((v) => !without.includes(v.id));
    return found.map((v) => `${v.id} (${v.impact}): ${v.nodes.map((node) => node.target.join(' ')).join('; ')}`);
  }, off);
}

/** Collects an event's details in the page. */
export async function listen(name: string): Promise<() => Promise<unknown[]>> {
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

export const text = (selector: string) => page.$eval(selector, (node) => (node.textContent ?? '').trim());

/** Waits for an element inside shadow roots, whose changes puppeteer's own waiting does not see. */
export async function appears(selector: string): Promise<void> {
  for (let i = 0; i < 600 && !(await page.$(selector)); i++) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await page.$(selector), selector).not.toBeNull();
}

export async function press(...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key as 'Enter');
}
