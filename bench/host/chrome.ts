/** Runs the benchmark's page in headless Chrome. */
import type { Browser, Page } from 'puppeteer';
import { launchBrowser } from '../../tests/browser/launch.ts';
import type { Served } from '../../tests/browser/serve.ts';
import type { BenchCase } from '../cases/case.ts';
import type { BenchResult, CaseResult, FirstStep, RuntimeResult } from '../measure/result.ts';
import { FORMAT } from '../measure/result.ts';
import type { SentMeasureOptions } from '../measure/session.ts';
import { commit, idleShare, machine } from './environment.ts';

export interface ChromeRun {
  readonly contenders: readonly string[];
  readonly cases: readonly BenchCase[];
  readonly measure: SentMeasureOptions;
  readonly partial: boolean;
  /** Name of the case whose first step is measured in fresh browsers, if any. */
  readonly firstStepOf: string | undefined;
  /** No case starts later than this many minutes after the beginning. */
  readonly minutes: number;
  /** Measure variants of kernels before each case. */
  readonly tune: boolean;
  readonly log: (line: string) => void;
}

export async function runInChrome(served: Served, run: ChromeRun): Promise<BenchResult> {
  const firstSteps = run.firstStepOf ? await measureFirstSteps(served, run, run.firstStepOf) : [];
  return withPage(served, run.log, async (page, browser) => {
    await page.exposeFunction('hostIdle', idleShare);
    const version = await browser.version();
    run.log('roofline …');
    const roofs = await page.evaluate((batches) => globalThis.bench.roofline(batches), run.measure.batches);
    const { roofline, adapter, processor } = roofs;
    if (!roofline) run.log('no WebGPU adapter: contenders on the processor only');
    const runtimes: RuntimeResult[] = [];
    for (const contender of run.contenders) {
      const runtime = await page.evaluate(
        (id, reference, options) => globalThis.bench.open(id, reference, options),
        contender,
        adapter,
        { tune: run.tune },
      );
      run.log(`${contender}: ${runtime.error ?? `${runtime.version}, ${runtime.adapter?.description}`}`);
      runtimes.push(runtime);
    }
    const inPage = await page.evaluate(() => globalThis.bench.environment());
    const { cases, interrupted } = await measureCases(page, run, adapter.software || adapter.api === 'cpu');
    const hidden = interrupted === undefined && (await page.evaluate(() => globalThis.bench.environment().hidden));
    const flags = (browser.process()?.spawnargs ?? []).filter((arg) => /webgpu|vulkan|angle|gpu/i.test(arg));
    return {
      format: FORMAT,
      date: new Date().toISOString(),
      commit: commit(),
      partial: run.partial || interrupted !== undefined,
      ...(interrupted === undefined ? {} : { interrupted }),
      ...(run.tune ? { tuned: true } : {}),
      batches: run.measure.batches,
      ...(run.measure.caseSeconds === undefined ? {} : { caseSeconds: run.measure.caseSeconds }),
      environment: { ...inPage, ...machine(), hidden, where: 'browser', browser: version, flags },
      adapter,
      ...(roofline ? { roofline } : {}),
      processor,
      runtimes,
      cases,
      firstSteps,
    };
  });
}

/** A browser that dies in the middle of a run takes nothing along: what was measured before it is kept and marked. */
async function measureCases(
  page: Page,
  run: ChromeRun,
  software: boolean,
): Promise<{ cases: CaseResult[]; interrupted?: string }> {
  const cases: CaseResult[] = [];
  const end = performance.now() + run.minutes * 60_000;
  for (const one of run.cases) {
    if (software && one.hardwareOnly) continue;
    if (performance.now() > end) return { cases, interrupted: `its ${run.minutes} minutes ended before “${one.name}”` };
    run.log(one.name);
    try {
      const result = await page.evaluate((name, options) => globalThis.bench.measure(name, options), one.name, run.measure);
      if (result.contenders.length > 0) cases.push(result);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { cases, interrupted: `the page ended during “${one.name}”: ${message}` };
    }
  }
  return { cases };
}

/** Each library in a browser of its own, because pipelines are cached by the process and the profile. */
async function measureFirstSteps(served: Served, run: ChromeRun, caseName: string): Promise<FirstStep[]> {
  const results: FirstStep[] = [];
  for (const contender of run.contenders) {
    const result = await withPage(served, run.log, (page) =>
      page.evaluate((id, name) => globalThis.bench.firstStep(id, name), contender, caseName),
    );
    const seconds = result.stepSeconds?.toFixed(2);
    run.log(`first step, ${contender}: ${seconds === undefined ? result.error : `${seconds} s`}`);
    results.push(result);
  }
  return results;
}

/** Losses of the training cases by tfjs on the CPU: the expectation that is stored with the cases. */
export async function recordLosses(served: Served, cases: readonly BenchCase[], log: (line: string) => void) {
  return withPage(served, log, async (page) => {
    const adapter = { api: 'cpu', vendor: '', architecture: '', description: 'CPU', software: false } as const;
    const runtime = await page.evaluate((reference) => globalThis.bench.open('tfjs cpu', reference), adapter);
    const losses: Record<string, number[]> = {};
    for (const one of cases) {
      if (one.workload.type !== 'training-step') continue;
      log(one.name);
      losses[one.workload.network.name] = await page.evaluate((name) => globalThis.bench.losses(name), one.name);
    }
    return { source: `tfjs ${runtime.version} cpu`, losses };
  });
}

async function withPage<T>(
  served: Served,
  log: (line: string) => void,
  f: (page: Page, browser: Browser) => Promise<T>,
): Promise<T> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    page.on('console', (message) => log(message.text()));
    page.on('pageerror', (error) => log(`page error: ${error instanceof Error ? error.message : String(error)}`));
    await page.goto(`${served.origin}/`);
    await page.waitForFunction(() => 'bench' in globalThis);
    await page.bringToFront();
    return await f(page, browser);
  } finally {
    await browser.close();
  }
}
