/** The page Device check: what it says of the adapter, that it passes here, its report, its message without WebGPU, and axe. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { repositoryRoot } from '../../apps/cli/root.ts';
import { browserOf } from '../../apps/device-check/browsers.ts';
import { launchBrowser } from './launch.ts';
import { watchConsole } from './page-runner.ts';
import { type Served, serveFolder } from './serve.ts';

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const element = 'chalk-device-check';

let browser: Browser;
let served: Served;
beforeAll(async () => {
  // The built site: its shaders are not the text that other tests run.
  served = await serveFolder(join(repositoryRoot, 'dist'), '/');
  browser = await launchBrowser({ adapter: 'software' });
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
});

async function open(before?: () => void): Promise<{ page: Page; errors: readonly string[] }> {
  const page = await browser.newPage();
  const { errors } = watchConsole(page);
  if (before) await page.evaluateOnNewDocument(before);
  await page.goto(`${served.origin}/device-check/index.html`);
  return { page, errors };
}

const text = (page: Page) =>
  page.$eval(element, (check) => (check.shadowRoot as ShadowRoot).textContent?.replace(/\s+/g, ' ').trim() ?? '');
const saying = (page: Page, words: string, timeout = 20_000) =>
  page.waitForFunction(
    (name, wanted) => document.querySelector(name)?.shadowRoot?.textContent?.includes(wanted),
    { timeout, polling: 200 },
    element,
    words,
  );

/** Serious findings and sideways scrolling in both themes, wide and narrow. */
async function looks(page: Page): Promise<string[]> {
  const found: string[] = [];
  await page.addScriptTag({ path: axePath });
  for (const width of [1280, 360]) {
    for (const value of ['light', 'dark']) {
      await page.setViewport({ width, height: 800 });
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const violations = await page.evaluate(async () => {
        type Violation = { id: string; nodes: { target: unknown; failureSummary: string }[] };
        const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
        const { violations } = await axe.run();
        return violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${JSON.stringify(n.target)} ${n.failureSummary}`));
      });
      found.push(...violations.map((violation) => `${width} ${value} ${violation}`));
      if ((await page.evaluate(() => document.documentElement.scrollWidth)) > width) found.push(`scrolls sideways at ${width}`);
    }
  }
  return found;
}

it('names the software adapter, finds that all agrees, and reports it', async () => {
  const { page, errors } = await open();
  await saying(page, 'largest tensor');
  expect(await text(page)).toMatch(/nameSwiftShader.* software: computes on the processor, not on a GPU/);
  expect(await text(page)).not.toMatch(/agree/);
  // By keyboard.
  await page.focus(`${element} >>> button.primary`);
  await page.keyboard.press('Enter');
  await saying(page, 'All agree.', 240_000);
  expect(await text(page)).toMatch(
    /All agree\. \d{3} kernels in \d{3} variants and \d{2,3} gradients.*tensors and .* kept for reuse/,
  );
  const report = await page.$eval(element, async (check) => {
    const copied: string[] = [];
    Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (given: string) => void copied.push(given) } });
    const buttons = [...(check.shadowRoot as ShadowRoot).querySelectorAll('button')];
    buttons.find((button) => button.textContent?.startsWith('Copy report'))?.click();
    await new Promise((resolve) => setTimeout(resolve, 100));
    return copied.join('');
  });
  const { device, adapter, complete, kernels, gradients } = JSON.parse(report);
  expect({ kind: device.kind, software: device.software, complete }).toEqual({ kind: 'webgpu', software: true, complete: true });
  expect(adapter.limits.maxBufferSize).toBeGreaterThan(1e6);
  expect([...kernels, ...gradients].filter(({ passed }) => !passed)).toEqual([]);
  expect(kernels.find(({ name }: { name: string }) => name === 'matmul').variants.length).toBeGreaterThan(1);
  await page.$$eval(`${element} >>> details`, (all) => {
    for (const details of all) (details as HTMLDetailsElement).open = true;
  });
  expect(await looks(page)).toEqual([]);
  expect(errors).toEqual([]);
  await page.close();
}, 400_000);

it('stops when asked, and says so in its report', async () => {
  const { page, errors } = await open();
  await saying(page, 'largest tensor');
  await page.click(`${element} >>> button.primary`);
  await page.waitForSelector(`${element} >>> progress`, { visible: true });
  await page.$$eval(`${element} >>> button`, (buttons) => buttons.find((b) => b.textContent === 'Stop')?.click());
  await saying(page, 'Stopped before the end.');
  expect(errors).toEqual([]);
  await page.close();
});

it('says what to do where there is no WebGPU, or no adapter', async () => {
  const { page, errors } = await open(() => {
    Object.defineProperty(Navigator.prototype, 'gpu', { get: () => undefined });
  });
  await saying(page, 'What to do');
  expect(await text(page)).toMatch(/does not offer WebGPU.*What to do Chrome, Edge and their relatives \(this browser\)/);
  expect(await page.$(`${element} >>> button.primary`)).toBeNull();
  expect(await looks(page)).toEqual([]);
  await page.close();
  const other = await open(() => {
    GPU.prototype.requestAdapter = async () => null;
  });
  await saying(other.page, 'found no GPU that it may use');
  expect([...errors, ...other.errors]).toEqual([]);
  await other.page.close();
});

it('knows browsers by what they call themselves', () => {
  const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)';
  expect(browserOf(`${mac} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15`)).toBe('safari');
  expect(browserOf(`${mac} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0`)).toBe(
    'chromium',
  );
  expect(browserOf('Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0')).toBe('firefox');
});
