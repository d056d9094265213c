/** `npm run bench`: measures the engine and its peers in one page of headless Chrome, or in Node, and writes the report. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../apps/cli/root.ts';
import { requireChrome } from '../tests/browser/find-chrome.ts';
import { allCases } from './cases/cases.ts';
import { rungCases } from './cases/rung-cases.ts';
import { serveBenchPage } from './host/build-page.ts';
import { recordLosses, runInChrome } from './host/chrome.ts';
import { NODE_CONTENDERS, runInNode } from './host/node.ts';
import { type BenchOptions, CASE_SECONDS, parseOptions, selectCases, selectContenders, USAGE } from './host/options.ts';
import { benchRoot, installPeers } from './host/peers.ts';
import { CONTENDERS } from './libraries/index.ts';
import type { BenchResult } from './measure/result.ts';
import { measureRungs } from './measure/rungs.ts';
import { compareResults } from './report/compare.ts';
import { readResult, resultName, writeResult } from './report/files.ts';
import { markdownReport } from './report/markdown.ts';
import { lacksRows, readmeSection, replaceSection } from './report/readme.ts';
import { rungsMarkdown, writeRungs } from './report/rungs.ts';

/** For the kernels of one network, one by one. */
const PROFILE_SECONDS = 20;

export async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(USAGE);
    return 0;
  }
  let options: BenchOptions;
  try {
    options = parseOptions(args);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
  if (options.recordLosses) return record();
  if (options.rungs) return rungs(options, options.rungs);
  const result = options.report ? readResult(options.report) : await measure(options);
  if (!options.report) {
    for (const file of writeResult(result)) log(`wrote ${file}`);
  }
  process.stdout.write(`\n${markdownReport(result)}\n`);
  if (options.compare) process.stdout.write(`\n${compareResults(readResult(options.compare), result)}\n`);
  if (options.readme) updateReadme(result);
  return 0;
}

async function measure(options: BenchOptions): Promise<BenchResult> {
  const cases = selectCases(allCases(), options);
  if (cases.length === 0) throw new RangeError(`no case matches ${options.only}`);
  const contenders = selectContenders(options.node ? NODE_CONTENDERS : CONTENDERS, options);
  const training = allCases().find((one) => one.group === 'training-step');
  const run = {
    cases,
    contenders,
    measure: {
      ...{ batches: options.batches, batchSeconds: 0.05, caseSeconds: options.caseSeconds },
      ...(options.profile ? { profileSeconds: PROFILE_SECONDS } : {}),
    },
    partial: isPartial(options),
    minutes: options.minutes,
    tune: options.tune,
    log,
  };
  const first = options.firstStep && !options.only ? training : undefined;
  if (options.node) return runInNode({ ...run, firstStepOf: first });
  // Before the peers are installed and the page is built.
  requireChrome();
  const served = await serveBenchPage(installPeers(log));
  try {
    return await runInChrome(served, { ...run, firstStepOf: first?.name });
  } finally {
    await served.close();
  }
}

/** Shorter than the full protocol. */
function isPartial({ quick, only, libraries, batches, caseSeconds }: BenchOptions): boolean {
  return quick || only !== undefined || libraries !== undefined || batches < 9 || caseSeconds < CASE_SECONDS;
}

/** `--only` chooses among the kernels. */
async function rungs({ only, batches }: BenchOptions, device: 'wasm' | 'webgpu'): Promise<number> {
  const cases = (await rungCases()).filter(({ kernel }) => only === undefined || only.test(kernel.name));
  const result = await measureRungs(cases, { device, rounds: batches, log });
  if (only === undefined) for (const file of writeRungs(result)) log(`wrote ${file}`);
  process.stdout.write(`\n${rungsMarkdown(result)}\n`);
  return 0;
}

async function record(): Promise<number> {
  const served = await serveBenchPage(installPeers(log));
  try {
    const stored = await recordLosses(served, allCases(), log);
    writeFileSync(join(benchRoot, 'cases/expected-losses.json'), `${JSON.stringify(stored, null, 2)}\n`);
  } finally {
    await served.close();
  }
  return 0;
}

function updateReadme(result: BenchResult): void {
  if (lacksRows(result)) {
    log(`README.md stays as it is: ${result.interrupted}`);
    return;
  }
  const file = join(repositoryRoot, 'README.md');
  writeFileSync(
    file,
    replaceSection(readFileSync(file, 'utf8'), readmeSection(result, `bench/results/${resultName(result)}.md`)),
  );
  // The linter holds the columns of tables to their widths.
  const formatter = join(repositoryRoot, 'node_modules/@biomejs/biome/bin/biome');
  execFileSync(process.execPath, [formatter, 'format', '--write', file], { stdio: 'ignore' });
  log('updated README.md');
}

function log(line: string): void {
  process.stderr.write(`${line}\n`);
}
