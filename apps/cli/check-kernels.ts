/** The build's comparison of every kernel definition with its WGSL, for a GPU and for a software adapter. */
import { type AdapterCaps, type AnyKernel, allKernels, checkKernel, KernelMismatchError } from '../../engine/kernels/kernel.ts';

const GPU: AdapterCaps = {
  kind: 'gpu',
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
        for (const caps of [GPU, SOFTWARE]) {
          checkKernel(kernel, caps);
          checkBuffers(kernel, caps);
        }
      }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(`${name} does not agree with its shader: ${message}`, { cause: error });
    }
  }
  return allKernels().size;
}

/** Beyond names: the element types agree (a `vec4f` binding reads an f32 buffer), and every variant writes every output. */
function checkBuffers(kernel: AnyKernel, caps: AdapterCaps): void {
  const sizes = kernel.sizes(kernel.example);
  for (const variant of kernel.variants) {
    if (variant.applies && !variant.applies(kernel.example, caps)) continue;
    const written = new Set<string>();
    const plan = variant.plan(kernel.example, caps);
    for (const { shader, entryPoint, buffers } of plan.dispatches) {
      for (const binding of shader.entryPoints[entryPoint]?.bindings ?? []) {
        if (binding.type === 'uniform') continue;
        const name = buffers[binding.name] ?? binding.name;
        if (binding.type === 'storage') written.add(name);
        if (!kernel.inputs.includes(name) && !kernel.outputs.includes(name)) continue;
        const type = kernel.types?.[name] ?? 'f32';
        const scalar = binding.element.replace(/^vec[234]([fiu])$/, '$132');
        const byBits = scalar === 'u32' && type === 'f32' && kernel.bits?.includes(name);
        if (scalar !== type && !byBits) {
          throw new KernelMismatchError(
            `kernel '${kernel.name}' (variant '${variant.id}') and ${shader.path}: '${binding.name}' is ${binding.element} in WGSL, '${name}' is ${type} in the kernel`,
          );
        }
      }
    }
    const missing = kernel.outputs.find((name) => !written.has(name) && sizes[name] !== 0);
    if (missing !== undefined) {
      throw new KernelMismatchError(
        `kernel '${kernel.name}' (variant '${variant.id}'): no dispatch binds the output '${missing}' for writing`,
      );
    }
  }
}
