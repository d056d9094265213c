import { expect, it } from 'vitest';
import { runInPage } from './page-runner.ts';

interface Check {
  readonly name: string;
  readonly passed: boolean;
  readonly message: string;
}

// On WebGPU the page Device check does the same; see device-check.test.ts.
it('differentiates every operation in Chrome on the processor as central differences do', async () => {
  const { value, errors } = await runInPage<Check[]>('tests/conformance/in-page.ts', 'operationsInPage', [], {
    adapter: 'none',
  });
  expect(errors).toEqual([]);
  expect(value.filter(({ passed }) => !passed)).toEqual([]);
  expect(value.length).toBeGreaterThan(60);
}, 300_000);
