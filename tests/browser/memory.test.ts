/** Five runs of a lab in a page: neither the page nor its worker holds more after the last than after the first ones. */
import { join } from 'node:path';
import type { Browser, CDPSession } from 'puppeteer';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { repositoryRoot } from '../../apps/cli/root.ts';
import { launchBrowser } from './launch.ts';
import { type Served, serveFolder } from './serve.ts';

/** Bytes by which a heap may differ between runs: compiled code, and what the browser keeps for itself. */
const SLACK = 700_000;

let served: Served;
let browser: Browser;
beforeAll(async () => {
  served = await serveFolder(join(repositoryRoot, 'dist'));
  browser = await launchBrowser({ adapter: 'none' });
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
});

/** Bytes on the heap and in its buffers, of what is still in use. */
async function held(client: CDPSession): Promise<number> {
  await client.send('HeapProfiler.collectGarbage');
  const { usedSize, backingStorageSize = 0 } = (await client.send('Runtime.getHeapUsage')) as {
    usedSize: number;
    backingStorageSize?: number;
  };
  return usedSize + backingStorageSize;
}

it('holds no more after five runs than after two', async () => {
  const page = await browser.newPage();
  await page.goto(`${served.origin}/labs/regression/index.html#steps=1500&samples=0`, { waitUntil: 'networkidle0' });
  const client = await page.createCDPSession();
  type Lab = { runState: string; recorded: boolean; restart(mode: string): void };
  const after: { page: number; worker: number }[] = [];
  for (let run = 0; run < 5; run++) {
    await page.$eval('main > *', (lab) => (lab as unknown as Lab).restart('play'));
    await page.waitForFunction(() => {
      const lab = document.querySelector('main > *') as unknown as Lab;
      return lab.runState === 'finished' && !lab.recorded;
    });
    // Frames that are still to be drawn.
    await new Promise((resolve) => setTimeout(resolve, 200));
    const [worker] = page.workers();
    if (!worker) throw new Error('the lab has no worker');
    after.push({ page: await held(client), worker: await held(worker.client) });
  }
  const said = after.map(({ page, worker }) => `${Math.round(page / 1024)} and ${Math.round(worker / 1024)} KiB`).join(', ');
  for (const where of ['page', 'worker'] as const) {
    const [, second = 0] = after.map((one) => one[where]);
    expect(after.at(-1)?.[where], `${where}: ${said}`).toBeLessThanOrEqual(second + SLACK);
  }
  console.info(`held after each run by page and worker: ${said}`);
  await page.close();
});
