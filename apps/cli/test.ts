/**
 * `npm test`: prepares data and browser, then types and lint, the site's build, the tests in Node and those in a browser. The
 * last line sums all of them up.
 *
 *     npm test                        everything
 *     npm test -- --only node,lint    some suites: types, lint, build, node, browser
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findChrome } from '../../tests/browser/find-chrome.ts';
import { prepareChrome, prepareData, program, runCommand, runShown } from './prepare.ts';
import { repositoryRoot } from './root.ts';
import { readRunnerReport, type SuiteResult, summary } from './test-report.ts';

const SUITES = ['types', 'lint', 'build', 'node', 'browser'] as const;
type Suite = (typeof SUITES)[number];

const REPORTS = join(repositoryRoot, '.cache/test');

/** A suite that is one command: passed where it ends with 0. */
function check(name: Suite, run: () => number): SuiteResult {
  const start = Date.now();
  const status = run();
  const failures = status === 0 ? [] : [`ended with exit code ${status}; see its output above`];
  return {
    name,
    passed: status === 0 ? 1 : 0,
    failed: failures.length,
    skipped: 0,
    seconds: (Date.now() - start) / 1000,
    failures,
  };
}

/**
 * Milliseconds left of `CHALKGRAD_TEST_MINUTES`, where that is set: a suite that hangs is ended, so that the others and the last
 * line still come before a machine's own limit does.
 */
function timeLeft(): number | undefined {
  const minutes = Number(process.env.CHALKGRAD_TEST_MINUTES);
  return minutes > 0 ? Math.max(1000, Math.round(minutes * 60_000 - performance.now())) : undefined;
}

function tests(name: Suite, env: Readonly<Record<string, string>> = {}): SuiteResult {
  const start = Date.now();
  const report = join(REPORTS, `${name}.json`);
  rmSync(report, { force: true });
  const args = ['run', '--project', name, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const status = runShown(process.execPath, [program('vitest'), ...args], { env, timeout: timeLeft() });
  return readRunnerReport(name, report, status, (Date.now() - start) / 1000, repositoryRoot);
}

function browserTests(): SuiteResult {
  const chrome = prepareChrome(findChrome);
  if (chrome === undefined) {
    return { name: 'browser', passed: 0, failed: 1, skipped: 0, seconds: 0, failures: ['no Chrome or Chromium; see above'] };
  }
  return tests('browser', { CHROME_PATH: chrome });
}

const RUN: Readonly<Record<Suite, () => SuiteResult>> = {
  types: () =>
    check(
      'types',
      () => runCommand('types') || runShown(process.execPath, [program('typescript', 'tsc'), '--noEmit', '--pretty']),
    ),
  lint: () =>
    check('lint', () =>
      runShown(process.execPath, [
        program('@biomejs/biome', 'biome'),
        'check',
        '--error-on-warnings',
        '--max-diagnostics=50',
        '.',
      ]),
    ),
  build: () => check('build', () => runCommand('build')),
  node: () => tests('node'),
  browser: browserTests,
};

/** @returns 0 where nothing failed */
export function main(args: readonly string[]): number {
  const chosen = selection(args);
  mkdirSync(REPORTS, { recursive: true });
  if (chosen.some((suite) => suite === 'node' || suite === 'build' || suite === 'browser')) prepareData();
  const results: SuiteResult[] = [];
  for (const suite of chosen) {
    if (suite === 'build' && !existsSync(join(repositoryRoot, 'apps/index.html'))) continue;
    console.log(`\n── ${suite} ──`);
    results.push(guarded(suite));
  }
  console.log(summary(results));
  return results.some((result) => result.failed > 0) ? 1 : 0;
}

/** A suite that cannot even start has failed; the others still run. */
function guarded(suite: Suite): SuiteResult {
  try {
    return RUN[suite]();
  } catch (error) {
    console.error(error);
    const failures = [error instanceof Error ? error.message : String(error)];
    return { name: suite, passed: 0, failed: 1, skipped: 0, seconds: 0, failures };
  }
}

function selection(args: readonly string[]): readonly Suite[] {
  if (args.length === 0) return SUITES;
  const names = args[0] === '--only' ? (args[1] ?? '').split(',') : [];
  const chosen = SUITES.filter((suite) => names.includes(suite));
  if (args.length !== 2 || chosen.length !== names.length) {
    throw new Error(`npm test takes no arguments, or --only with some of ${SUITES.join(', ')}`);
  }
  return chosen;
}
