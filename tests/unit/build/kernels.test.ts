import { expect, it } from 'vitest';
import { checkKernels } from '../../../apps/cli/check-kernels.ts';

it('every kernel definition agrees with its WGSL, on a GPU and on a software adapter', async () => {
  const files = import.meta.glob('../../../engine/kernels/*.ts');
  expect(await checkKernels()).toBeGreaterThan(Object.keys(files).length / 4);
});
