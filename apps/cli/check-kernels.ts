/** The build's comparison of every kernel definition with its WGSL, for a GPU and for a software adapter. */
import { type AdapterCaps, allKernels, checkKernel } from '../../engine/kernels/kernel.ts';

const GPU: AdapterCaps = {
  software: false,
  subgroups: true,
  subgroupMinSize: 32,
  subgroupMaxSize: 32,
  maxWorkgroupStorageSize: 16384,
  maxInvocationsPerWorkgroup: 256,
  maxWorkgroupsPerDimension: 65535,
  maxStorageBuffersPerStage: 8,
};
const SOFTWARE: AdapterCaps = { ...GPU, software: true, subgroups: false, subgroupMinSize: 4, subgroupMaxSize: 4 };

/**
 * Loads every kernel file and plans every variant with its example parameters.
 * @returns the number of kernels
 * @throws Error naming the TypeScript file and the WGSL file that disagree
 */
export async function checkKernels(): Promise<number> {
  const files = import.meta.glob('../../engine/kernels/**/*.ts');
  for (const [file, load] of Object.entries(files)) {
    const before = new Set(allKernels().values());
    const name = file.replace('../../', '');
    try {
      await load();
      for (const kernel of allKernels().values()) {
        if (before.has(kernel)) continue;
        for (const caps of [GPU, SOFTWARE]) checkKernel(kernel, caps);
      }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(`${name} does not agree with its shader: ${message}`, { cause: error });
    }
  }
  return allKernels().size;
}
