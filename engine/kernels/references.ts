/**
 * The TypeScript reference of a kernel. Where the engine is bundled for pages, neither a GPU nor WebAssembly needs it: the build keeps the
 * references of all kernels in one file of their own (apps/shell/build/lean-kernels.ts), which comes with whatever imports this module.
 */
import type { KernelSpec } from './kernel.ts';

export function referenceOf<In extends string, Out extends string, P>(
  kernel: KernelSpec<In, Out, P>,
): KernelSpec<In, Out, P>['reference'] {
  return kernel.reference;
}
