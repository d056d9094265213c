/** A page with the demo lab, once or several times. */
import type { Page } from 'puppeteer';
import type { PageRunner } from './page-runner.ts';
import { EMPTY_PAGE } from './serve.ts';

export interface DemoPage {
  readonly page: Page;
  /** Errors of the page, as they come. */
  readonly problems: string[];
}

/**
 * Opens it and waits for its transport bar.
 * @param attributes of each lab; `faults`, `recording` and `no-worker` are what the demo lab reads once
 * @param hash of the address
 */
export async function openDemo(
  runner: PageRunner,
  attributes: Readonly<Record<string, string>>,
  hash: string,
  labs: number,
): Promise<DemoPage> {
  const page = await runner.browser.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  await page.goto(`${runner.origin}${EMPTY_PAGE}${hash}`);
  await page.addStyleTag({ url: `${runner.origin}/shell/page.css` });
  const { faults, recording, 'no-worker': noWorker, ...own } = attributes;
  await page.evaluate((values) => Object.assign(globalThis, values), {
    demoFaults: faults ?? '',
    demoNoWorker: noWorker !== undefined,
    ...(recording === undefined ? {} : { demoRecording: recording }),
  });
  await page.addScriptTag({ type: 'module', url: `${runner.origin}/@fs${new URL('./demo-lab.ts', import.meta.url).pathname}` });
  await page.evaluate(
    async (given, count) => {
      await customElements.whenDefined('chalk-lab-demo');
      const main = document.createElement('main');
      for (let i = 0; i < count; i++) {
        const lab = document.createElement('chalk-lab-demo');
        for (const [name, value] of Object.entries(given)) lab.setAttribute(name, value);
        main.append(lab);
      }
      document.body.append(main);
    },
    own,
    labs,
  );
  await page.waitForSelector('chalk-lab-demo >>> chalk-transport-bar >>> button.play', { visible: true });
  return { page, problems };
}
