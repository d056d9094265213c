/**
 * What stands behind the *Verify* button of a math card: the kernel that ran against its TypeScript reference, and the tape against
 * central differences, on the tensors on screen. An experiment serves this to its page; nothing here knows a DOM.
 */
import { runKernel } from '../../engine/conformance/compare.ts';
import type { Device } from '../../engine/device/device.ts';
import { GRADIENT_TOLERANCE, type GradCheckOptions, gradCheck } from '../../engine/grad-check.ts';
import type { AnyKernel, KernelArray, KernelSpec } from '../../engine/kernels/kernel.ts';
import { referenceOf } from '../../engine/kernels/references.ts';
import type { Tensor } from '../../engine/tensor.ts';
import type { Verification } from './card.ts';

const DEVICE_NAMES = { webgpu: 'WebGPU', wasm: 'WebAssembly', cpu: 'TypeScript' } as const;

export interface VerifyKernelOptions {
  /** Largest |got − expected| / (1 + |expected|) that counts as equal; default 1e-5. */
  readonly tolerance?: number;
  /** Shapes of outputs, so that the worst element is named by its indices. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  /** Content of outputs that are updated in place. */
  readonly before?: Readonly<Record<string, KernelArray>>;
  /** A variant of the kernel's ladder; default: the one the device chooses. */
  readonly variant?: string;
}

function emptyArray(type: 'f32' | 'i32' | 'u32', size: number): KernelArray {
  return type === 'f32' ? new Float32Array(size) : type === 'i32' ? new Int32Array(size) : new Uint32Array(size);
}

/** The element where two arrays differ most, by |got − expected| / (1 + |expected|). A NaN on one side differs most of all. */
export function worstElement(got: ArrayLike<number>, expected: ArrayLike<number>): { error: number; index: number } {
  let worst = { error: 0, index: 0 };
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [got[i] as number, expected[i] as number];
    if (Object.is(a, b) || a === b) continue;
    const error = Math.abs(a - b) / (1 + Math.abs(b));
    if (!(error <= worst.error)) worst = { error: Number.isNaN(error) ? Number.POSITIVE_INFINITY : error, index: i };
  }
  return worst;
}

/**
 * Runs a kernel on the device and its reference on the same values, and compares every output.
 * @param inputs values of every input buffer
 */
export async function verifyKernel<In extends string, Out extends string, P>(
  device: Device,
  kernel: KernelSpec<In, Out, P>,
  inputs: Readonly<Record<In, KernelArray>>,
  params: P,
  options: VerifyKernelOptions = {},
): Promise<Verification[]> {
  const tolerance = options.tolerance ?? 1e-5;
  if (!device.choices) {
    const skipped = 'only the TypeScript reference ran here: there is no kernel to compare it with';
    const name = `kernel ${kernel.name} against its reference`;
    return [{ name, skipped, tolerance, maxError: 0, worstIndex: 0, got: Number.NaN, expected: Number.NaN }];
  }
  const { variant } = device.choices.choose(kernel as unknown as AnyKernel, params, options.variant);
  const ran = `${variant.id}, ${DEVICE_NAMES[device.info.kind]}`;
  const sizes = kernel.sizes(params);
  const typeOf = (name: In | Out) => kernel.types?.[name] ?? 'f32';
  const expected = {} as Record<Out, KernelArray>;
  for (const name of kernel.outputs) expected[name] = options.before?.[name]?.slice() ?? emptyArray(typeOf(name), sizes[name]);
  const initial = { ...inputs, ...expected };
  const outputs = await runKernel(device, kernel, initial, params, options.variant);
  referenceOf(kernel)(inputs, expected, params);
  return kernel.outputs.map((name) => {
    const got = outputs[name];
    const { error, index } = worstElement(got, expected[name]);
    const shape = options.shapes?.[name];
    return {
      name: `kernel ${kernel.name} against its reference: ${name}`,
      ran,
      maxError: error,
      tolerance,
      worstIndex: index,
      ...(shape ? { shape } : {}),
      got: got[index] ?? Number.NaN,
      expected: expected[name][index] ?? Number.NaN,
    };
  });
}

/**
 * Compares the tape's gradient of `fn` with central differences.
 * @param name what is compared, for example `∂L/∂W of the loss`
 */
export async function verifyGradient(
  name: string,
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  options: GradCheckOptions = {},
): Promise<Verification> {
  const { maxError, worst } = await gradCheck(fn, inputs, { maxElements: 64, ...options });
  const shape = worst ? inputs[worst.input]?.shape : undefined;
  return {
    name: `tape against central differences: ${name}`,
    maxError,
    tolerance: options.tolerance ?? GRADIENT_TOLERANCE,
    worstIndex: worst?.index ?? 0,
    ...(shape ? { shape } : {}),
    got: worst?.tape ?? 0,
    expected: worst?.difference ?? 0,
  };
}
