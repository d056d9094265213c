/** Runs an exported function of any module of the repository inside a headless Chrome and brings its result back. */
import { resolve } from 'node:path';
import type { Browser, Page } from 'puppeteer';
import { repositoryRoot } from '../../apps/cli/root.ts';
import { type LaunchOptions, launchBrowser } from './launch.ts';
import { EMPTY_PAGE, type Served, serveSources } from './serve.ts';

export interface PageResult<T> {
  /** What the function returned, as JSON carries it (typed arrays do not travel: return plain arrays). */
  readonly value: T;
  /** `console.error` lines, uncaught exceptions and failed requests of the page, in order. */
  readonly errors: readonly string[];
  /** Everything else that was printed. */
  readonly log: readonly string[];
}

/** A browser and a server of the sources, kept for several calls. */
export interface PageRunner {
  readonly browser: Browser;
  readonly origin: string;
  /**
   * Imports `module` (a path from the repository root) in a fresh page, calls its export and awaits the result.
   * @throws Error with the message, stack and console errors of the page where the function throws
   */
  runInPage<T>(module: string, exportName: string, args?: readonly unknown[]): Promise<PageResult<T>>;
  close(): Promise<void>;
}

/** The server that all browser tests share (see global-setup.ts); outside of them, one of its own. */
async function sources(): Promise<Served> {
  const shared = process.env.CHALKGRAD_SOURCES;
  return shared ? { origin: shared, close: async () => undefined } : serveSources();
}

/** @param launch starts the browser; default: Chrome with `options` */
export async function openPageRunner(options: LaunchOptions = {}, launch = () => launchBrowser(options)): Promise<PageRunner> {
  const served = await sources();
  const browser = await launch().catch(async (error: unknown) => {
    await served.close();
    throw error;
  });
  return {
    browser,
    origin: served.origin,
    runInPage: (module, exportName, args = []) => run(browser, served.origin, module, exportName, args),
    close: async () => {
      await browser.close();
      await served.close();
    },
  };
}

/** One call with a browser of its own. */
export async function runInPage<T>(
  module: string,
  exportName: string,
  args: readonly unknown[] = [],
  options: LaunchOptions = {},
): Promise<PageResult<T>> {
  const runner = await openPageRunner(options);
  try {
    return await runner.runInPage<T>(module, exportName, args);
  } finally {
    await runner.close();
  }
}

interface EmptyPage {
  callExport(address: string, name: string, args: string): Promise<Outcome>;
}

type Outcome = { readonly ok: true; readonly json: string | undefined } | { readonly ok: false; readonly message: string };

async function run<T>(
  browser: Browser,
  origin: string,
  module: string,
  exportName: string,
  args: readonly unknown[],
): Promise<PageResult<T>> {
  const page = await browser.newPage();
  const { errors, log } = watchConsole(page);
  try {
    await page.goto(`${origin}${EMPTY_PAGE}`);
    const url = `${origin}/@fs/${resolve(repositoryRoot, module).replaceAll('\\', '/').replace(/^\//, '')}`;
    const outcome = await page.evaluate(
      (address, name, values) => (globalThis as unknown as EmptyPage).callExport(address, name, values),
      url,
      exportName,
      JSON.stringify(args),
    );
    if (!outcome.ok) throw new Error([`${module} ${exportName}(): ${outcome.message}`, ...errors].join('\n'));
    return { value: (outcome.json === undefined ? undefined : JSON.parse(outcome.json)) as T, errors, log };
  } finally {
    await page.close();
  }
}

/** Collects what a page prints; also for tests that drive a page of the site themselves. */
export function watchConsole(page: Page): { errors: string[]; log: string[] } {
  const errors: string[] = [];
  const log: string[] = [];
  page.on('console', (message) => (message.type() === 'error' ? errors : log).push(message.text()));
  page.on('pageerror', (error) => errors.push(error instanceof Error ? (error.stack ?? error.message) : String(error)));
  page.on('requestfailed', (request) => {
    // A page that navigates away or closes cancels its own requests.
    const reason = request.failure()?.errorText ?? '';
    if (reason !== 'net::ERR_ABORTED') errors.push(`${request.url()}: ${reason}`);
  });
  return { errors, log };
}
