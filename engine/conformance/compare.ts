/**
 * A kernel's variants against its reference, on any device: what the tests and the device check share. Inputs are followed by
 * rubbish up to the end of their buffers and outputs start as rubbish, so that a kernel which reads or trusts either is found.
 */
import { alignedLength, type Device, type DeviceBuffer } from '../device/device.ts';
import type { AnyKernel, KernelArray, KernelSpec } from '../kernels/kernel.ts';
import { referenceOf } from '../kernels/references.ts';

const views = { f32: Float32Array, i32: Int32Array, u32: Uint32Array } as const;
const RUBBISH = 12345.678;

export interface Tolerance {
  /** |got − expected| ≤ atol + rtol |expected| counts as equal; integers must be equal. Default 1e-5 each. */
  readonly rtol?: number | undefined;
  readonly atol?: number | undefined;
}

/** Fills a buffer of `count` elements; `random` is uniform in [0, 1). */
export type Filler = (count: number, random: () => number) => ArrayLike<number>;

export interface CompareOptions<Names extends string = string> extends Tolerance {
  /** Tolerances of outputs that need others than the rest. */
  readonly byOutput?: Partial<Record<Names, Tolerance>> | undefined;
  /** Contents of buffers (inputs, and outputs worked on in place); random numbers in [-2, 2) where absent. */
  readonly contents?: Partial<Record<Names, Filler>> | undefined;
  readonly seed?: number;
  /** Only these variants. */
  readonly variants?: readonly string[] | undefined;
}

/** The element of an output where a variant is farthest from the reference. */
export interface Difference {
  readonly index: number;
  readonly got: number;
  readonly expected: number;
  /** The difference in tolerances: above 1 it is an error. Infinity where integers differ or one side alone is NaN. */
  readonly tolerances: number;
}

export interface VariantDifference extends Difference {
  readonly variant: string;
  readonly output: string;
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

/** Where `got` is farthest from `expected`, both of the same length. */
export function worstDifference(
  got: KernelArray,
  expected: KernelArray,
  { rtol = 1e-5, atol = 1e-5 }: Tolerance = {},
): Difference {
  const exact = !(expected instanceof Float32Array);
  let worst = { index: 0, tolerances: 0 };
  for (let index = 0; index < expected.length; index++) {
    const [g, e] = [got[index] as number, expected[index] as number];
    if (g === e || (Number.isNaN(g) && Number.isNaN(e))) continue;
    const over = exact ? Number.POSITIVE_INFINITY : Math.abs(g - e) / (atol + rtol * Math.abs(e));
    const tolerances = Number.isNaN(over) ? Number.POSITIVE_INFINITY : over;
    if (tolerances > worst.tolerances) worst = { index, tolerances };
  }
  return { ...worst, got: got[worst.index] ?? Number.NaN, expected: expected[worst.index] ?? Number.NaN };
}

/** What one run of a kernel starts from: contents of its inputs and of the outputs that it works on in place. */
function initialContents<In extends string, Out extends string, P>(
  kernel: KernelSpec<In, Out, P>,
  params: P,
  { contents = {}, seed = 1 }: CompareOptions<In | Out>,
): Record<In | Out, KernelArray> {
  const random = randomSource(seed);
  const sizes = kernel.sizes(params);
  const initial = {} as Record<In | Out, KernelArray>;
  for (const name of [...kernel.inputs, ...kernel.outputs] as (In | Out)[]) {
    const fill: Filler = contents[name] ?? ((count) => Float64Array.from({ length: count }, () => random() * 4 - 2));
    const view = new views[kernel.types?.[name] ?? 'f32'](sizes[name]);
    if (isGiven(kernel, name)) view.set(fill(sizes[name], random));
    initial[name] = view;
  }
  return initial;
}

const isGiven = <In extends string, Out extends string, P>(kernel: KernelSpec<In, Out, P>, name: In | Out): boolean =>
  kernel.inputs.includes(name as In) || kernel.inPlace?.includes(name as Out) === true;

/**
 * Runs a kernel once and reads its outputs back.
 * @param initial contents of every buffer; of outputs that are written in full only the length counts
 * @param variant absent: the one that the device chooses
 */
export async function runKernel<In extends string, Out extends string, P>(
  device: Device,
  kernel: KernelSpec<In, Out, P>,
  initial: Readonly<Record<In | Out, KernelArray>>,
  params: P,
  variant?: string,
): Promise<Record<Out, KernelArray>> {
  const viewOf = (name: In | Out) => views[kernel.types?.[name] ?? 'f32'];
  const sizes = kernel.sizes(params);
  const buffers = {} as Record<In | Out, DeviceBuffer>;
  try {
    for (const name of Object.keys(initial) as (In | Out)[]) {
      const bytes = 4 * sizes[name];
      buffers[name] = device.allocate(bytes, name);
      const padded = new (viewOf(name))(alignedLength(bytes) / 4).fill(RUBBISH);
      if (isGiven(kernel, name)) padded.set(initial[name]);
      device.write(buffers[name], padded);
    }
    device.run(kernel, buffers, params, variant === undefined ? {} : { variant });
    const outputs = {} as Record<Out, KernelArray>;
    for (const name of kernel.outputs) outputs[name] = new (viewOf(name))(await device.read(buffers[name], 0, 4 * sizes[name]));
    return outputs;
  } finally {
    for (const buffer of Object.values<DeviceBuffer>(buffers)) device.release(buffer);
  }
}

/** Runs each variant that applies on each device and compares every output with the reference's. @returns those too */
export async function compareVariants<In extends string, Out extends string, P>(
  kernel: KernelSpec<In, Out, P>,
  params: P,
  devices: readonly Device[],
  options: CompareOptions<In | Out> = {},
): Promise<{ readonly outputs: Record<Out, KernelArray>; readonly differences: readonly VariantDifference[] }> {
  const initial = initialContents(kernel, params, options);
  const outputs = Object.fromEntries(kernel.outputs.map((name) => [name, initial[name].slice()])) as Record<Out, KernelArray>;
  const inputs = Object.fromEntries(kernel.inputs.map((name) => [name, initial[name]])) as Record<In, KernelArray>;
  referenceOf(kernel)(inputs, outputs, params);

  const tested = new Set<string>();
  const differences: VariantDifference[] = [];
  for (const device of devices) {
    for (const variant of device.choices?.applicable(kernel as unknown as AnyKernel, params) ?? []) {
      if (options.variants && !options.variants.includes(variant.id)) continue;
      // The same dispatches on the same adapter need no second look.
      const plan = `${device.info.name} ${variant.id} ${JSON.stringify(variant.plan(params, device.caps).dispatches.map(({ shader, ...rest }) => [shader.path, rest]))}`;
      if (tested.has(plan)) continue;
      tested.add(plan);
      const got = await runKernel(device, kernel, initial, params, variant.id);
      for (const output of kernel.outputs) {
        differences.push({
          variant: variant.id,
          output,
          ...worstDifference(got[output], outputs[output], options.byOutput?.[output] ?? options),
        });
      }
    }
  }
  return { outputs, differences };
}
