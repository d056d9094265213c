/** Choices that are known without measuring. */
import type { AdapterCaps, AnyKernel } from '../../kernels/kernel.ts';

/** @returns the variant that the table names for these parameters, if any */
export function builtInVariant(_kernel: AnyKernel, _params: unknown, _caps: AdapterCaps): string | undefined {
  return undefined;
}
