/** What the device check runs: every kernel's variants against its reference, then the tape against central differences. No DOM. */
import { casesOf } from '../../engine/conformance/cases.ts';
import { compareVariants, type VariantDifference } from '../../engine/conformance/compare.ts';
import type { Device } from '../../engine/device/device.ts';
import { type AnyKernel, allKernels } from '../../engine/kernels/kernel.ts';

/** Worst of all cases of one variant. */
export interface VariantReport extends VariantDifference {
  readonly cases: number;
  /** Parameters of the case in which it is. */
  readonly params: unknown;
}

export interface KernelReport {
  readonly name: string;
  readonly passed: boolean;
  readonly variants: readonly VariantReport[];
  /** Why it could not be run. */
  readonly problem?: string;
}

/** Loads every kernel file. @returns the kernels by name */
export async function loadKernels(): Promise<readonly AnyKernel[]> {
  const files = import.meta.glob('../../engine/kernels/*.ts');
  await Promise.all(Object.values(files).map((load) => load()));
  return [...allKernels().values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Runs all cases of a kernel in every variant that the devices can run. */
export async function checkKernel(devices: readonly Device[], kernel: AnyKernel): Promise<KernelReport> {
  const worst = new Map<string, VariantReport>();
  try {
    for (const { params, ...options } of casesOf(kernel)) {
      const { differences } = await compareVariants(kernel, params, devices, options);
      for (const found of differences) {
        const before = worst.get(found.variant);
        const cases = (before?.cases ?? 0) + (found.output === kernel.outputs[0] ? 1 : 0);
        const keep = before && before.tolerances >= found.tolerances;
        worst.set(found.variant, keep ? { ...before, cases } : { ...found, cases, params });
      }
    }
  } catch (error) {
    return { name: kernel.name, passed: false, variants: [...worst.values()], problem: String(error) };
  }
  const variants = [...worst.values()];
  const passed = variants.length > 0 && variants.every(({ tolerances }) => tolerances <= 1);
  return { name: kernel.name, passed, variants, ...(variants.length === 0 && { problem: 'no variant runs on this device' }) };
}
