/** What a case needs of its file: tensors on the device, networks with stored weights, and the comparison of what comes back. */
import type { RecordingDevice } from '../../engine/device/recording-device.ts';
import type { SafetensorsTensor } from '../../engine/io/safetensors.ts';
import type { NetworkDefinition } from '../../engine/nn/definition.ts';
import { buildNetwork, type Network } from '../../engine/nn/network.ts';
import { sameShape, sizeOf, type Tensor, tensor } from '../../engine/tensor.ts';
import { fromEngine, type HostTensor, type Layout, toEngine } from './fixture-layouts.ts';

export interface Files {
  readonly device: RecordingDevice;
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
}

/** |got − expected| ≤ atol + rtol·|expected|. */
export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
  /** NaN equals NaN, and infinities are equal by sign; without it a NaN is never right. */
  readonly nonfinite?: boolean;
}

/** A tensor of the file as it lies there, in PyTorch's layout. */
export function stored({ tensors }: Files, name: string): HostTensor & { readonly whole: boolean } {
  const found = tensors.get(name);
  if (!found) throw new Error(`the file of tensors has no '${name}'`);
  const { dtype, shape, data } = found;
  return { shape, data: data instanceof BigInt64Array ? Array.from(data, Number) : data, whole: dtype !== 'F32' };
}

/** A tensor of the file on the device, in the engine's layout. Whole numbers become i32. */
export function upload(files: Files, name: string, layout: Layout): Tensor {
  const { whole, ...found } = stored(files, name);
  const { shape, data } = toEngine(found, layout);
  return tensor(whole ? Int32Array.from(data) : Float32Array.from(data), shape, {
    dtype: whole ? 'i32' : 'f32',
    device: files.device,
  });
}

/** A network with the stored weights, for inputs of the given (PyTorch) shape. */
export function networkFor(
  files: Files,
  definition: NetworkDefinition,
  input: string,
  state: Readonly<Record<string, string>>,
): Network {
  const { shape } = stored(files, input);
  const inputShape = shape.length === 4 ? [shape[2] as number, shape[3] as number, shape[1] as number] : shape.slice(1);
  const network = buildNetwork(definition, { inputShape, rng: 0, device: files.device });
  network.loadStateDict(
    new Map(
      Object.entries(state).map(([name, key]) => {
        const found = stored(files, key);
        return [name, { shape: found.shape, data: Float32Array.from(found.data) }];
      }),
    ),
  );
  return network;
}

/**
 * @param allowNaN whether anything may stand where a NaN is expected: WGSL lets an adapter assume that there are none
 * @throws Error naming the worst element
 */
export function requireClose(
  what: string,
  got: HostTensor,
  expected: HostTensor,
  { rtol, atol, nonfinite = false }: Tolerance,
  allowNaN = false,
): void {
  // A reduction to nothing is [] here and [1] in the files.
  if (!sameShape(got.shape, expected.shape) && !(sizeOf(got.shape) === 1 && sizeOf(expected.shape) === 1)) {
    throw new Error(`${what} has shape [${got.shape.join(', ')}], expected [${expected.shape.join(', ')}]`);
  }
  let worst = 0;
  let at = -1;
  for (let i = 0; i < expected.data.length; i++) {
    const [g, e] = [got.data[i] as number, expected.data[i] as number];
    if (nonfinite && Number.isNaN(e) && (allowNaN || Number.isNaN(g))) continue;
    const excess = Math.abs(g - e) / (atol + rtol * Math.abs(e));
    // Equal infinities differ by NaN, and so does exactness (0 / 0).
    if (g !== e && !(excess <= Math.max(1, worst))) [worst, at] = [Number.isNaN(excess) ? Number.POSITIVE_INFINITY : excess, i];
  }
  if (at >= 0) {
    const side = `${got.data[at]}, expected ${expected.data[at]}`;
    throw new Error(`${what}[${at}] is ${side} (${worst.toPrecision(3)} times the tolerance)`);
  }
}

/**
 * Compares what the engine gave, a tensor or numbers on the host, with a tensor of the file. Whole numbers must be exact.
 * @param layout how the engine's axes are ordered; numbers on the host count as they are
 */
export async function compare(
  files: Files,
  what: string,
  got: Tensor | HostTensor,
  layout: Layout,
  name: string,
  tolerance: Tolerance,
): Promise<void> {
  const { whole, ...expected } = stored(files, name);
  const host =
    typeof got.data === 'function' ? fromEngine({ shape: got.shape, data: await got.data() }, layout) : (got as HostTensor);
  const { nonfinite } = tolerance;
  const exact = { rtol: 0, atol: 0, ...(nonfinite === undefined ? {} : { nonfinite }) };
  requireClose(what, host, expected, whole ? exact : tolerance, files.device.info.kind === 'webgpu');
}
