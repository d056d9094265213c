/** Counts of a suite and how they are read from what its tool leaves behind. */
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

export interface SuiteResult {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
  /** What failed, for the summary. */
  readonly failures: readonly string[];
  /** The test files that took longest, with their seconds. */
  readonly slowest?: readonly (readonly [file: string, seconds: number])[];
}

/** How many of a suite's files the summary names for their time. */
const SLOWEST = 5;

/** The part of the test runner's JSON that is read. */
interface RunnerJson {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly startTime?: number;
    readonly endTime?: number;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/**
 * Result of a suite of the test runner.
 * @param file its JSON report; a missing or broken one is a failure, as the runner must have crashed
 * @param exitCode of the runner: an error outside any test shows only there
 */
export function readRunnerReport(name: string, file: string, exitCode: number, seconds: number, root: string): SuiteResult {
  let report: RunnerJson;
  try {
    if (!existsSync(file)) throw new Error('the test runner ended without a report');
    report = JSON.parse(readFileSync(file, 'utf8')) as RunnerJson;
  } catch (error) {
    return { name, passed: 0, failed: 1, skipped: 0, seconds, failures: [String(error)] };
  }
  const failures: string[] = [];
  for (const suite of report.testResults) {
    const where = relative(root, suite.name);
    const failed = suite.assertionResults.filter((test) => test.status === 'failed');
    for (const test of failed) failures.push(`${where}: ${test.fullName}`);
    // A file that does not load, or whose hooks fail, has no failed test of its own.
    if (suite.status === 'failed' && failed.length === 0)
      failures.push(`${where}: ${suite.message?.split('\n')[0] || 'does not load'}`);
  }
  if (failures.length === 0 && exitCode !== 0) failures.push(`the test runner ended with exit code ${exitCode}; see its output`);
  if (failures.length === 0 && report.numPassedTests === 0) failures.push('no test ran');
  const times = report.testResults.map(
    ({ name: path, startTime = 0, endTime = 0 }) => [relative(root, path), (endTime - startTime) / 1000] as const,
  );
  const slowest = times.sort(([, a], [, b]) => b - a).slice(0, SLOWEST);
  const counts = { passed: report.numPassedTests, failed: failures.length, skipped: report.numPendingTests };
  return { name, ...counts, seconds, failures, slowest };
}

/** Seconds as a clock shows them: 754 → '12:34'. */
const clock = (seconds: number): string =>
  `${Math.floor(Math.round(seconds) / 60)}:${String(Math.round(seconds) % 60).padStart(2, '0')}`;

/**
 * The summary whose last line is the plain `N passed, N failed`.
 * @param preparation seconds that making available what the suites need took
 */
export function summary(results: readonly SuiteResult[], preparation = 0): string {
  const sum = (key: 'passed' | 'failed' | 'skipped' | 'seconds') => results.reduce((total, result) => total + result[key], 0);
  const name = (text: string) => text.padEnd(Math.max(11, ...results.map((result) => result.name.length)));
  const rows = results.flatMap((result) => {
    const skipped = result.skipped > 0 ? `, ${result.skipped} skipped` : '';
    const slow = (result.slowest ?? []).filter(([, seconds]) => seconds >= 10);
    return [
      `  ${name(result.name)}  ${clock(result.seconds).padStart(5)}  ${result.passed} passed, ${result.failed} failed${skipped}`,
      ...slow.map(([file, seconds]) => `  ${name('')}    of it ${clock(seconds)} ${file}`),
    ];
  });
  const failures = results.flatMap((result) => result.failures.map((failure) => `  ${result.name}: ${failure}`));
  return [
    '',
    'Suites (minutes:seconds):',
    `  ${name('preparation')}  ${clock(preparation).padStart(5)}`,
    ...rows,
    `  ${name('all')}  ${clock(preparation + sum('seconds')).padStart(5)}`,
    ...(failures.length > 0 ? ['', 'Failed:', ...failures] : []),
    '',
    `${sum('passed')} passed, ${sum('failed')} failed`,
  ].join('\n');
}
