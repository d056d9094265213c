/**
 * Compares every variant of a kernel with its reference on WebGPU. Inputs are followed by rubbish up to the end of their
 * buffers and outputs start as rubbish, so a kernel that reads or trusts either is found.
 */
import { expect } from 'vitest';
import { alignedLength, type DeviceBuffer } from '../../../engine/device/device.ts';
import { openAdapter } from '../../../engine/device/webgpu/adapter.ts';
import { WebGpuDevice } from '../../../engine/device/webgpu/webgpu-device.ts';
import type { KernelArray, KernelSpec } from '../../../engine/kernels/kernel.ts';

const views = { f32: Float32Array, i32: Int32Array, u32: Uint32Array } as const;
const RUBBISH = 12345.678;

let opened: Promise<readonly WebGpuDevice[]> | undefined;

/** The adapter as it is, and once more as if it were hardware, so that variants with workgroup barriers are tested too. */
export function devices(): Promise<readonly WebGpuDevice[]> {
  opened ??= (async () => {
    const adapter = await openAdapter();
    const device = new WebGpuDevice(adapter);
    if (!adapter.caps.software) return [device];
    const pretender = await openAdapter();
    return [device, new WebGpuDevice({ ...pretender, caps: { ...pretender.caps, software: false } })];
  })();
  return opened;
}

let folding: Promise<WebGpuDevice> | undefined;

/** The adapter as if a grid axis held 17 workgroups: longer grids (up to 289) are folded into two axes, as 65,536 workgroups would be. */
export function foldingDevice(): Promise<WebGpuDevice> {
  folding ??= (async () => {
    const adapter = await openAdapter();
    return new WebGpuDevice({ ...adapter, caps: { ...adapter.caps, software: false, maxWorkgroupsPerDimension: 17 } });
  })();
  return folding;
}

export interface Comparison<Names extends string> {
  /** Contents of buffers (inputs, and outputs worked on in place); random numbers in [-2, 2) where absent. */
  readonly contents?: Partial<Record<Names, (count: number, random: () => number) => ArrayLike<number>>>;
  readonly seed?: number;
  readonly rtol?: number;
  readonly atol?: number;
  /** Only these variants. */
  readonly variants?: readonly string[];
  /** Runs on `foldingDevice()` only. */
  readonly folded?: boolean;
}

/** Small deterministic generator for test data (mulberry32). */
export function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Runs each variant that applies on WebGPU and expects what the reference gives. @returns the reference's outputs */
export async function expectAgreement<In extends string, Out extends string, P>(
  kernel: KernelSpec<In, Out, P>,
  params: P,
  options: Comparison<In | Out> = {},
): Promise<Record<Out, KernelArray>> {
  const random = randomSource(options.seed ?? 1);
  const sizes = kernel.sizes(params);
  const typeOf = (name: In | Out) => kernel.types?.[name] ?? 'f32';
  const initial = {} as Record<In | Out, KernelArray>;
  for (const name of [...kernel.inputs, ...kernel.outputs] as (In | Out)[]) {
    const make = options.contents?.[name] ?? ((count: number) => Float64Array.from({ length: count }, () => random() * 4 - 2));
    const given = kernel.inputs.includes(name as In) || kernel.inPlace?.includes(name as Out);
    const view = new views[typeOf(name)](sizes[name]);
    if (given) view.set(make(sizes[name], random));
    initial[name] = view;
  }

  const outputs = Object.fromEntries(kernel.outputs.map((name) => [name, initial[name].slice()])) as Record<Out, KernelArray>;
  const inputs = Object.fromEntries(kernel.inputs.map((name) => [name, initial[name]])) as Record<In, KernelArray>;
  kernel.reference(inputs, outputs, params);

  const tested = new Set<string>();
  for (const device of options.folded ? [await foldingDevice()] : await devices()) {
    for (const variant of kernel.variants) {
      if (options.variants && !options.variants.includes(variant.id)) continue;
      if (variant.applies && !variant.applies(params, device.caps)) continue;
      // The same dispatches on the same adapter need no second look.
      const plan = `${variant.id} ${JSON.stringify(variant.plan(params, device.caps).dispatches.map(({ shader, ...rest }) => [shader.path, rest]))}`;
      if (tested.has(plan)) continue;
      tested.add(plan);
      const buffers = {} as Record<In | Out, DeviceBuffer>;
      for (const name of Object.keys(initial) as (In | Out)[]) {
        const buffer = device.allocate(4 * sizes[name], name);
        const padded = new views[typeOf(name)](alignedLength(4 * sizes[name]) / 4).fill(RUBBISH);
        if (kernel.inputs.includes(name as In) || kernel.inPlace?.includes(name as Out)) padded.set(initial[name]);
        device.write(buffer, padded as KernelArray & ArrayBufferView<ArrayBuffer>);
        buffers[name] = buffer;
      }
      device.run(kernel, buffers, params, { variant: variant.id });
      for (const name of kernel.outputs) {
        const got = new views[typeOf(name)](await device.read(buffers[name]));
        expectClose(got, outputs[name], `${kernel.name}/${variant.id}.${name} for ${JSON.stringify(params)}`, options);
      }
      for (const buffer of Object.values<DeviceBuffer>(buffers)) device.release(buffer);
    }
  }
  expect(tested.size, `${kernel.name}: no variant applied`).toBeGreaterThan(0);
  return outputs;
}

/** |got - expected| <= atol + rtol |expected| everywhere; integers exactly. */
export function expectClose(
  got: KernelArray,
  expected: KernelArray,
  label: string,
  { rtol = 1e-5, atol = 1e-5 }: { rtol?: number | undefined; atol?: number | undefined } = {},
): void {
  expect(got.length, label).toBe(expected.length);
  const exact = !(expected instanceof Float32Array);
  let worst = -1;
  let excess = 0;
  for (let i = 0; i < expected.length; i++) {
    const g = got[i] as number;
    const e = expected[i] as number;
    if (g === e || (Number.isNaN(g) && Number.isNaN(e))) continue;
    const over = exact ? Number.POSITIVE_INFINITY : Math.abs(g - e) / (atol + rtol * Math.abs(e));
    if (Number.isNaN(over) || over > Math.max(1, excess)) {
      worst = i;
      excess = Number.isNaN(over) ? Number.POSITIVE_INFINITY : over;
    }
  }
  if (worst >= 0) {
    expect.fail(
      `${label}: element ${worst} is ${got[worst]}, the reference has ${expected[worst]} (${excess.toFixed(1)} tolerances)`,
    );
  }
}
