import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPageRunner, type PageRunner } from './page-runner.ts';

const SUITE = 'tests/conformance/in-page.ts';
let runner: PageRunner;

beforeAll(async () => {
  runner = await openPageRunner({ adapter: 'software' });
}, 60_000);

afterAll(() => runner?.close());

it('replays the PyTorch fixtures in Chrome', async () => {
  const { value, errors } = await runner.runInPage<{ passed: number; failures: unknown[]; adapter: string }>(
    SUITE,
    'fixturesInPage',
  );
  expect(errors).toEqual([]);
  expect(value.failures).toEqual([]);
  expect(value.passed).toBeGreaterThan(100);
}, 300_000);

it('differentiates every operation in Chrome as central differences do', async () => {
  const { value, errors } = await runner.runInPage<{ name: string; passed: boolean; message: string }[]>(
    SUITE,
    'operationsInPage',
  );
  expect(errors).toEqual([]);
  expect(value.filter(({ passed }) => !passed)).toEqual([]);
  expect(value.length).toBeGreaterThan(60);
}, 300_000);
