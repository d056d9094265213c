import { expect, it } from 'vitest';
import { checkKernels } from '../../../apps/cli/check-kernels.ts';
import { runsOnCpu } from '../../../engine/wgsl/compile.ts';
import { parseModule } from '../../../engine/wgsl/front/index.ts';
import type { ShaderModule } from '../../../shaders/build/module.ts';

it('every kernel definition agrees with its WGSL, on a GPU and on a software adapter', async () => {
  const files = import.meta.glob('../../../engine/kernels/*.ts');
  expect(await checkKernels()).toBeGreaterThan(Object.keys(files).length / 4);
});

it('the build knows which entry points need a GPU, as the compiler for the processor does', () => {
  const shaders = import.meta.glob<ShaderModule>('../../../shaders/**/*.wgsl', { eager: true, import: 'default' });
  const found = { build: [] as string[], compiler: [] as string[] };
  for (const { path, source, entryPoints } of Object.values(shaders)) {
    const module = parseModule(source, path);
    for (const [name, { isForGpu }] of Object.entries(entryPoints)) {
      if (isForGpu) found.build.push(`${path} ${name}`);
      if (!runsOnCpu(module, name)) found.compiler.push(`${path} ${name}`);
    }
  }
  expect(found.build).toEqual(found.compiler);
  expect(found.build.length).toBeGreaterThan(10);
  expect(found.build.length).toBeLessThan(Object.keys(shaders).length);
});
