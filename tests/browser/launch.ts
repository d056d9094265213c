/** Starts the Chrome of the browser tests: headless, offline but for 127.0.0.1, with WebGPU on a GPU or in software. */
import puppeteer, { type Browser } from 'puppeteer';
import { hasGpu } from '../../apps/cli/vulkan.mjs';
import { requireChrome } from './find-chrome.ts';
import { serveFolder } from './serve.ts';

export type Adapter = 'gpu' | 'software' | 'none';

export interface LaunchOptions {
  /** `gpu`, `software` (SwiftShader) or `none` (no WebGPU at all). Default: a GPU where one answers, else software. */
  readonly adapter?: Adapter;
  /** Further command-line flags. */
  readonly flags?: readonly string[];
  readonly viewport?: { readonly width: number; readonly height: number };
}

const QUIET = [
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-sync',
  '--disable-quic',
  '--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider',
  '--metrics-recording-only',
  '--mute-audio',
  // Containers give /dev/shm 64 MB, too little for a page with large buffers.
  '--disable-dev-shm-usage',
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

const ADAPTER_FLAGS: Readonly<Record<Adapter, readonly string[]>> = {
  gpu:
    process.platform === 'linux'
      ? ['--enable-unsafe-webgpu', '--enable-features=Vulkan', '--use-angle=vulkan', '--disable-vulkan-surface']
      : ['--enable-unsafe-webgpu'],
  software: ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-webgpu-developer-features'],
  none: ['--disable-gpu', '--disable-features=WebGPU,WebGPUService'],
};

/**
 * Starts a browser. Close it when done.
 * @throws Error with what to install where there is no Chrome
 */
export async function launchBrowser(options: LaunchOptions = {}): Promise<Browser> {
  if (options.adapter) return start(options.adapter, options);
  const wish = process.env.CHALKGRAD_ADAPTER;
  if (wish === 'software' || wish === 'gpu') return start(wish, options);
  if (!hasGpu()) return start('software', options);
  const browser = await start('gpu', options);
  if (await hasAdapter(browser)) return browser;
  await browser.close();
  return start('software', options);
}

async function start(adapter: Adapter, options: LaunchOptions): Promise<Browser> {
  const executablePath = requireChrome();
  const asRoot = process.getuid?.() === 0;
  const launch = (sandbox: boolean) =>
    puppeteer.launch({
      executablePath,
      headless: true,
      defaultViewport: options.viewport ?? { width: 1280, height: 900 },
      args: [...QUIET, ...ADAPTER_FLAGS[adapter], ...(sandbox ? [] : ['--no-sandbox']), ...(options.flags ?? [])],
      protocolTimeout: 1_800_000,
    });
  try {
    return await launch(!asRoot);
  } catch (error) {
    // Some containers and distributions forbid the user namespaces that the sandbox needs; the tests load local pages only.
    if (asRoot || !/sandbox/i.test(String(error))) throw error;
    return launch(false);
  }
}

/** `navigator.gpu` exists only on pages from a trustworthy origin, so an empty folder is served for the question. */
async function hasAdapter(browser: Browser): Promise<boolean> {
  const served = await serveFolder(import.meta.dirname ?? '.');
  const page = await browser.newPage();
  try {
    await page.goto(`${served.origin}/none`);
    return await page.evaluate(async () => (await navigator.gpu?.requestAdapter()) != null);
  } catch {
    return false;
  } finally {
    await page.close();
    await served.close();
  }
}
