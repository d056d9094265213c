import { expect, it } from 'vitest';
import { openPageRunner } from './page-runner.ts';

it('without WebGPU a page gets no adapter', async () => {
  const runner = await openPageRunner({ adapter: 'none' });
  try {
    const { value } = await runner.runInPage<{ adapter: string | null }>('tests/browser/page-runner.probe.ts', 'probe', [1, 1]);
    expect(value.adapter).toBeNull();
  } finally {
    await runner.close();
  }
});

it('on the software adapter it gets SwiftShader', async () => {
  const runner = await openPageRunner({ adapter: 'software' });
  try {
    const { value } = await runner.runInPage<{ adapter: string | null }>('tests/browser/page-runner.probe.ts', 'probe', [1, 1]);
    expect(value.adapter).toBe('google');
  } finally {
    await runner.close();
  }
});
