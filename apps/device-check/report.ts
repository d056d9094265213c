/** The report of a device check: what is shown, copied and saved. */
import type { CheckResult } from '../../engine/conformance/operations.ts';
import type { DeviceInfo, MemoryInfo } from '../../engine/device/device.ts';
import type { AdapterFacts } from './adapter.ts';
import type { KernelReport, VariantReport } from './check.ts';

export interface DeviceReport {
  readonly date: string;
  readonly browser: string;
  readonly device: DeviceInfo;
  readonly adapter: AdapterFacts;
  /** False where the check was stopped before its end. */
  readonly complete: boolean;
  readonly kernels: readonly KernelReport[];
  /** The tape against central differences, by operation. */
  readonly gradients: readonly CheckResult[];
  readonly memory: MemoryInfo & { readonly tensors: number };
  readonly seconds: number;
}

/** The variant that is farthest from its reference. */
export function worstVariant({ variants }: KernelReport): VariantReport | undefined {
  return variants.reduce<VariantReport | undefined>(
    (worst, next) => (!worst || next.tolerances > worst.tolerances ? next : worst),
    undefined,
  );
}

const inBytes = (bytes: number): string => {
  const power = bytes < 1024 ? 0 : Math.min(3, Math.floor(Math.log2(bytes) / 10));
  return `${+(bytes / 1024 ** power).toPrecision(4)} ${['B', 'KiB', 'MiB', 'GiB'][power]}`;
};

/** A limit as a reader takes it in: sizes in powers of 1024, counts as they are. */
export const limitText = (name: string, value: number): string =>
  /Size$/.test(name) && !/WorkgroupSize/.test(name) ? inBytes(value) : value.toLocaleString('en');

export const memoryText = ({ tensors, buffers, bytes, pooledBytes }: DeviceReport['memory']): string =>
  `${tensors} tensors and ${buffers} buffers (${inBytes(bytes)}) in use; ${inBytes(pooledBytes)} kept for reuse.`;

/** JSON, with the numbers that JSON lacks as words. */
export function reportJson(report: DeviceReport): string {
  const plain = (_key: string, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value);
  return JSON.stringify({ format: 'chalkgrad device check', version: 1, ...report }, plain, 2);
}
