/**
 * `npm test`: makes available what the suites need (data, a browser, a WebGPU adapter), then runs types and lint, the site's build, the
 * tests in Node and those in a browser. The last line sums all of them up.
 *
 *     npm test                        everything
 *     npm test -- --only node,lint    some suites: types, lint, build, node, browser
 *     npm test -- --files chart,tar   the test files whose path holds one of these words, of node and browser
 *     npm test -- --no-data           without the data step
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { thisMachine } from './needs/machine.ts';
import { type Availability, makeAvailable } from './needs/need.ts';
import { NEEDS } from './needs/table.ts';
import { prepareData, program, runCommand, runShown } from './prepare.ts';
import { repositoryRoot } from './root.ts';
import { readRunnerReport, type SuiteResult, summary } from './test-report.ts';

const SUITES = ['types', 'lint', 'build', 'node', 'browser'] as const;
type Suite = (typeof SUITES)[number];

interface Choice {
  readonly suites: readonly Suite[];
  readonly files: readonly string[];
  readonly data: boolean;
}

/** What a suite gets. */
interface Setting {
  readonly env: Readonly<Record<string, string>>;
  readonly files: readonly string[];
  /** A folder of this run alone, for the reports of the test runner. */
  readonly reports: string;
}

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

function tests(name: Suite, { env, files, reports }: Setting): SuiteResult {
  const start = Date.now();
  const report = join(reports, `${name}.json`);
  const args = ['run', ...files, '--project', name, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const status = runShown(process.execPath, [program('vitest'), ...args], { env, timeout: timeLeft() });
  return readRunnerReport(name, report, status, (Date.now() - start) / 1000, repositoryRoot);
}

const RUN: Readonly<Record<Suite, (setting: Setting) => SuiteResult>> = {
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
  // The data step has been run.
  build: () => check('build', () => runCommand('build', ['--no-data'])),
  node: (setting) => tests('node', setting),
  browser: (setting) => tests('browser', setting),
};

/** @returns 0 where nothing failed */
export function main(args: readonly string[]): number {
  let choice: Choice;
  try {
    choice = parse(args);
  } catch (error) {
    console.error((error as Error).message);
    return 2;
  }
  const { suites, files, data } = choice;
  const started = Date.now();
  console.log('── what the suites need ──');
  if (data && suites.some((suite) => suite === 'node' || suite === 'build' || suite === 'browser')) prepareData();
  const available = makeAvailable(NEEDS, suites, thisMachine);
  const preparation = (Date.now() - started) / 1000;
  const folder = join(repositoryRoot, '.cache/test');
  mkdirSync(folder, { recursive: true });
  const reports = mkdtempSync(join(folder, 'run-'));
  const results: SuiteResult[] = [];
  try {
    for (const suite of suites) {
      if (suite === 'build' && !existsSync(join(repositoryRoot, 'apps/index.html'))) continue;
      console.log(`\n── ${suite} ──`);
      results.push(guarded(suite, available, { env: available.env, files, reports }));
    }
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
  console.log(summary(results, preparation));
  return results.some((result) => result.failed > 0) ? 1 : 0;
}

/** A suite that cannot even start has failed; the others still run. */
function guarded(suite: Suite, { lacking }: Availability, setting: Setting): SuiteResult {
  const failure = (message: string): SuiteResult => ({
    ...{ name: suite, passed: 0, failed: 1, skipped: 0, seconds: 0 },
    failures: [message],
  });
  const lack = lacking.get(suite);
  if (lack !== undefined) {
    console.error(`Not run: it needs ${lack}; see above what to do.`);
    return failure(`not run, as there is no ${lack}; see above what to do`);
  }
  try {
    return RUN[suite](setting);
  } catch (error) {
    console.error(error);
    return failure(error instanceof Error ? error.message : String(error));
  }
}

/** @throws Error with what is allowed */
function parse(args: readonly string[]): Choice {
  const words = (text: string | undefined): string[] => (text ?? '').split(',').filter(Boolean);
  const { values } = parseArgs({
    args: [...args],
    options: { only: { type: 'string' }, files: { type: 'string' }, 'no-data': { type: 'boolean', default: false } },
  });
  const files = words(values.files);
  const names = words(values.only);
  const chosen = SUITES.filter((suite) => names.includes(suite));
  if (values.only !== undefined && (chosen.length === 0 || chosen.length !== names.length)) {
    throw new Error(`--only takes some of ${SUITES.join(',')}`);
  }
  // Only these two have test files.
  const all = files.length > 0 ? (['node', 'browser'] as const) : SUITES;
  return { suites: values.only === undefined ? all : chosen, files, data: !values['no-data'] };
}
