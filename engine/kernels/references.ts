/**
 * The TypeScript reference of a kernel and its example. Where the engine is bundled for pages, neither a GPU nor WebAssembly needs them: the build
 * keeps those of all kernels in one file of their own (apps/shell/build/lean-kernels.ts), which comes with whatever imports this module.
 */
import type { KernelSpec } from './kernel.ts';

export function referenceOf<In extends string, Out extends string, P>(
  kernel: KernelSpec<In, Out, P>,
): KernelSpec<In, Out, P>['reference'] {
  return kernel.reference;
}

/** The parameters that the kernel is checked with first. */
export function exampleOf<In extends string, Out extends string, P>(kernel: KernelSpec<In, Out, P>): P {
  return kernel.example;
}
