import { launchBrowser } from '../../tests/browser/launch.ts';
import { serveSources } from '../../tests/browser/serve.ts';
export async function main(args: readonly string[]): Promise<void> {
  const served = await serveSources();
  const browser = await launchBrowser({ adapter: 'none', viewport: { width: 1280, height: 900 } });
  const page = await browser.newPage();
  page.on('pageerror', (e) => console.log('pageerror', String(e)));
  page.on('console', (m) => { if (m.type() === 'error') console.log('console', m.text()); });
  const until = (what: string, timeout = 200_000) => page.waitForFunction((code) => new Function('lab', `return ${code}`)(document.querySelector('main > *')), { timeout, polling: 200 }, what);
  const wait = (ms: number) => new Promise((r) => setTimeout(r, ms));
  const shot = (name: string, full = false) => page.screenshot({ path: `/tmp/shots/${name}.png` as `${string}.png`, fullPage: full });
  try {
    await page.goto(`${served.origin}/labs/adversarial/index.html#v=1&seed=3`, { waitUntil: 'networkidle0' });
    await page.$eval('main > *', (lab) => (lab as any).play());
    const t0 = Date.now();
    await until("!lab.recorded && lab.store.data.has('attacked')");
    console.log('attack begins after', Date.now() - t0, 'ms');
    await shot('live-early');
    await until("lab.runState === 'finished'");
    console.log('finished after', Date.now() - t0, 'ms, device', await page.$eval('main > *', (lab) => JSON.stringify((lab as any).run?.device ?? '')));
    await page.$eval('main > *', (lab) => (lab as any).take({ attack: 'penalised', attackSteps: 100, target: 3 }, 'x'));
    await wait(3500); await shot('live-penalised');
    await page.$eval('main > *', (lab) => (lab as any).take({ attack: 'fgsm', target: -1, example: 2 }, 'x'));
    await wait(2500); await shot('live-fgsm');
    console.log(await page.$$eval('main > * >>> .failure', (n) => n.map((x) => x.textContent)));
    await page.$eval('main > *', (lab) => (lab as any).take({ attack: 'pgd', target: 8, epsilon: 0.15 }, 'x'));
    await wait(2500);
    // a picture of the reader's own
    await page.$eval('main > * >>> chalk-image-picker', (p) => p.dispatchEvent(new CustomEvent('image-pick', { detail: { source: 'draw', index: 0, pixels: Uint8Array.from({ length: 784 }, (_, i) => (i % 28 > 12 && i % 28 < 16 ? 255 : 0)) }, bubbles: true, composed: true })));
    await wait(2500); await shot('live-own', true);
    console.log('own', await page.$eval('main > * >>> .sum', (n) => n.textContent?.replace(/\s+/g, ' ')));
    await page.$eval('main > * >>> chalk-card-section', (n) => n.scrollIntoView());
    await wait(4000); await shot('live-cards');
    if (args.includes('bench')) {
      await page.goto(`${served.origin}/labs/saliency/index.html#v=1&seed=1`, { waitUntil: 'networkidle0' });
      await page.$eval('main > *', (lab) => (lab as any).play());
      await until("!lab.recorded && lab.runState === 'finished'", 300_000);
      const t1 = Date.now();
      await page.$eval('main > * >>> chalk-bench-panel', (n) => (n.shadowRoot?.querySelector('button') as HTMLButtonElement).click());
      await wait(8000);
      await page.$eval('main > * >>> chalk-bench-panel', (n) => n.scrollIntoView()); await shot('bench-running');
      await page.waitForFunction(() => (document.querySelector('main > *')?.shadowRoot?.querySelector('chalk-bench-panel') as any)?.step?.result, { timeout: 600_000, polling: 1000 });
      console.log('bench of 50 pairs', Date.now() - t1, 'ms');
      await page.$eval('main > * >>> chalk-bench-panel', (n) => n.scrollIntoView()); await wait(500); await shot('bench-done');
      await page.setViewport({ width: 360, height: 800 }); await wait(800);
      await page.$eval('main > * >>> chalk-bench-panel', (n) => n.scrollIntoView()); await wait(500); await shot('bench-done-360');
      console.log('width', await page.evaluate(() => document.documentElement.scrollWidth));
    }
  } finally { await browser.close(); await served.close(); }
}
