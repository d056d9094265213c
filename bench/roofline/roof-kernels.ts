/** The kernels that do nothing but what a roof limits: move bytes, multiply and add, or be dispatched. */
import emptySource from './empty.wgsl?raw';
import fmaScalarSource from './fma-scalar.wgsl?raw';
import fmaVectorSource from './fma-vector.wgsl?raw';
import { createKernel, type RawKernel } from './raw-kernel.ts';
import streamSource from './stream.wgsl?raw';

/** On the adapter. */
export type AdapterKernelName = 'stream' | 'fma-scalar' | 'fma-vector' | 'empty';
/** In WebAssembly on the processor. */
export type ProcessorKernelName = 'processor-stream' | 'processor-fma';
export type RoofKernelName = AdapterKernelName | ProcessorKernelName;

export interface RoofKernel extends RawKernel {
  readonly kernel: AdapterKernelName;
  /** What one execution moves (bytes), computes (FLOP) or costs (dispatches). */
  readonly amount: number;
}

/** Iterations of the loop in both FMA kernels, and how often it is unrolled. */
const ROUNDS = 1024 * 4;

/** @param dispatches of the empty kernel, in one pass and one submit */
export function createRoofKernel(
  device: GPUDevice,
  kernel: AdapterKernelName,
  { software, dispatches }: { readonly software: boolean; readonly dispatches: number },
): Promise<RoofKernel> {
  if (kernel === 'stream') return streamKernel(device, software);
  if (kernel === 'empty') return emptyKernel(device, dispatches);
  return fmaKernel(device, kernel, software);
}

async function fmaKernel(device: GPUDevice, kernel: 'fma-scalar' | 'fma-vector', software: boolean): Promise<RoofKernel> {
  const groups = software ? 128 : 132 * 64;
  const [source, chains] = kernel === 'fma-scalar' ? [fmaScalarSource, 12] : [fmaVectorSource, 8 * 4];
  const raw = await createKernel(device, source, { inputBytes: 32, outputBytes: groups * 64 * 4, grid: [groups, 1] });
  device.queue.writeBuffer(raw.input, 0, new Float32Array([0.999, 0.001, 0.998, 0.002, 0.997, 0.003, 0.996, 0.004]));
  return { ...raw, kernel, amount: groups * 64 * ROUNDS * chains * 2 };
}

/** Several times the last-level cache: 64 MiB per buffer in software, up to 512 MiB on a GPU. */
async function streamKernel(device: GPUDevice, software: boolean): Promise<RoofKernel> {
  const wanted = software ? 2 ** 26 : 2 ** 29;
  const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
  const bytes = Math.min(wanted, 2 ** Math.floor(Math.log2(Math.min(maxStorageBufferBindingSize, maxBufferSize))));
  // 1,024 vec4 per workgroup; a power of two, so the folded grid stays exact.
  const groups = bytes / (1024 * 16);
  const x = Math.min(groups, 32768);
  const raw = await createKernel(device, streamSource, { inputBytes: bytes, outputBytes: bytes, grid: [x, groups / x] });
  return { ...raw, kernel: 'stream', amount: 2 * bytes };
}

async function emptyKernel(device: GPUDevice, dispatches: number): Promise<RoofKernel> {
  const raw = await createKernel(device, emptySource, { inputBytes: 64, outputBytes: 64, grid: [1, 1], dispatches });
  return { ...raw, kernel: 'empty', amount: dispatches };
}
