import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readRunnerReport, summary } from '../../../apps/cli/test-report.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chalkgrad-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const test = (status: string) => ({ status, fullName: `a ${status} test` });
function read(testResults: object[], exitCode: number, passed = 1) {
  const file = join(folder, 'report.json');
  const failed = testResults.flatMap((r) => (r as { assertionResults: { status: string }[] }).assertionResults).length - passed;
  writeFileSync(file, JSON.stringify({ numPassedTests: passed, numFailedTests: failed, numPendingTests: 0, testResults }));
  return readRunnerReport('node', file, exitCode, 2, folder);
}

it('counts passed and failed tests', () => {
  const result = read(
    [{ name: join(folder, 'a.test.ts'), status: 'failed', assertionResults: [test('passed'), test('failed')] }],
    1,
  );
  expect(result).toMatchObject({ passed: 1, failed: 1, failures: ['a.test.ts: a failed test'] });
  expect(
    summary([result, { ...result, name: 'lint', failed: 0, failures: [] }])
      .split('\n')
      .at(-1),
  ).toBe('2 passed, 1 failed');
});

it('counts a file that does not load, an error outside tests, a crash and an empty run as failures', () => {
  const loaded = { name: join(folder, 'a.test.ts'), status: 'passed', assertionResults: [test('passed')] };
  const broken = { name: join(folder, 'b.test.ts'), status: 'failed', message: 'SyntaxError: x', assertionResults: [] };
  expect(read([loaded, broken], 1).failures).toEqual(['b.test.ts: SyntaxError: x']);
  expect(read([loaded], 1).failed).toBe(1);
  expect(read([loaded], 0).failed).toBe(0);
  expect(read([], 0, 0).failed).toBe(1);
  expect(readRunnerReport('node', join(folder, 'none.json'), 0, 1, folder).failed).toBe(1);
});
