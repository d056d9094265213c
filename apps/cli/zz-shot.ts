import { launchBrowser } from '/work/wt/site/tests/browser/launch.ts';
import { serveFolder } from '/work/wt/site/tests/browser/serve.ts';
export async function main() {
  const served = await serveFolder('/work/wt/site/dist');
  const browser = await launchBrowser({ adapter: 'none' });
  const shots = (process.env.SHOTS ?? 'labs/regression/index.html').split(',');
  for (const path of shots)
    for (const [w, h, scheme] of [
      [1280, 900, 'light'],
      [360, 740, 'dark'],
    ] as const) {
      const page = await browser.newPage();
      page.on('pageerror', (e) => console.log('ERR', path, String(e)));
      page.on('console', (m) => {
        if (m.type() === 'error') console.log('CON', path, m.text());
      });
      await page.setViewport({ width: w, height: h });
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await page.goto(`${served.origin}/${path}`, { waitUntil: 'networkidle2', timeout: 60000 });
      await new Promise((r) => setTimeout(r, 1500));
      const name = `/tmp/shots/${path.replace(/[^\w]+/g, '-')}-${w}.png`;
      await page.screenshot({ path: name as `${string}.png` });
      if (process.env.FULL) await page.screenshot({ path: name.replace('.png', '-full.png') as `${string}.png`, fullPage: true });
      console.log(name);
      await page.close();
    }
  await browser.close();
  await served.close();
}
await main();
