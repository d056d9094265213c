/** Every variant of a kernel against its reference on WebGPU and WebAssembly, as assertions. */
import { expect } from 'vitest';
import {
  type CompareOptions,
  compareVariants,
  type Difference,
  randomSource,
  type Tolerance,
  worstDifference,
} from '../../../engine/conformance/compare.ts';
import type { Device } from '../../../engine/device/device.ts';
import { WasmDevice } from '../../../engine/device/wasm/wasm-device.ts';
import { openAdapter } from '../../../engine/device/webgpu/adapter.ts';
import { WebGpuDevice } from '../../../engine/device/webgpu/webgpu-device.ts';
import type { KernelArray, KernelSpec } from '../../../engine/kernels/kernel.ts';

export { randomSource };

let opened: Promise<readonly Device[]> | undefined;

/**
 * The adapter as it is, once more as if it were hardware (so that variants with workgroup barriers are tested too), and the
 * processor's own device.
 */
export function devices(): Promise<readonly Device[]> {
  opened ??= (async () => {
    const wasm = await WasmDevice.open();
    const adapter = await openAdapter();
    const device = new WebGpuDevice(adapter);
    if (!adapter.caps.software) return [device, wasm];
    const pretender = await openAdapter();
    return [device, new WebGpuDevice({ ...pretender, caps: { ...pretender.caps, kind: 'gpu', software: false } }), wasm];
  })();
  return opened;
}

let folding: Promise<WebGpuDevice> | undefined;

/** The adapter as if a grid axis held 17 workgroups: longer grids (up to 289) are folded into two axes, as 65,536 workgroups would be. */
export function foldingDevice(): Promise<WebGpuDevice> {
  folding ??= (async () => {
    const adapter = await openAdapter();
    return new WebGpuDevice({
      ...adapter,
      caps: { ...adapter.caps, kind: 'gpu', software: false, maxWorkgroupsPerDimension: 17 },
    });
  })();
  return folding;
}

export interface Comparison<Names extends string> extends CompareOptions<Names> {
  /** Runs on `foldingDevice()` only. */
  readonly folded?: boolean;
}

/** Runs each variant that applies on each device and expects what the reference gives. @returns the reference's outputs */
export async function expectAgreement<In extends string, Out extends string, P>(
  kernel: KernelSpec<In, Out, P>,
  params: P,
  options: Comparison<In | Out> = {},
): Promise<Record<Out, KernelArray>> {
  const on = options.folded ? [await foldingDevice()] : await devices();
  const { outputs, differences } = await compareVariants(kernel, params, on, options);
  for (const { variant, output, ...worst } of differences) {
    expectWithin(worst, `${kernel.name}/${variant}.${output} for ${JSON.stringify(params)}`);
  }
  expect(differences.length, `${kernel.name}: no variant applied`).toBeGreaterThan(0);
  return outputs;
}

function expectWithin({ index, got, expected, tolerances }: Difference, label: string): void {
  if (tolerances <= 1) return;
  expect.fail(`${label}: element ${index} is ${got}, the reference has ${expected} (${tolerances.toFixed(1)} tolerances)`);
}

/** |got - expected| <= atol + rtol |expected| everywhere; integers exactly. */
export function expectClose(got: KernelArray, expected: KernelArray, label: string, tolerance: Tolerance = {}): void {
  expect(got.length, label).toBe(expected.length);
  expectWithin(worstDifference(got, expected, tolerance), label);
}
