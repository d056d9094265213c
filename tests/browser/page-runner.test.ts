import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPageRunner, type PageRunner } from './page-runner.ts';

let runner: PageRunner;
beforeAll(async () => {
  runner = await openPageRunner();
});
afterAll(() => runner?.close());

it('runs a function of the repository in an isolated page with WebGPU', async () => {
  const { value, errors } = await runner.runInPage<{ adapter: string | null; isolated: boolean; entry: string[]; sum: number }>(
    'tests/browser/page-runner.probe.ts',
    'probe',
    [2, 3],
  );
  expect(errors).toEqual([]);
  expect(value.sum).toBe(5);
  expect(value.isolated).toBe(true);
  expect(value.adapter).not.toBeNull();
  expect(value.entry.length).toBeGreaterThan(0);
});

it('brings back the message of an exception and the errors of the console', async () => {
  await expect(runner.runInPage('tests/browser/page-runner.probe.ts', 'fail')).rejects.toThrow(
    /broken on purpose[\s\S]*printed first/,
  );
  await expect(runner.runInPage('tests/browser/page-runner.probe.ts', 'missing')).rejects.toThrow("no function 'missing'");
});
