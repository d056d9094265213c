/**
 * What the adapter can do at best, measured with kernels that do nothing else: the roofs against which every kernel is reported
 * (Williams, Waterman & Patterson 2009). Independent of the engine, so that an error there cannot move the yardstick.
 */
import { type Summary, summarize } from '../measure/statistics.ts';
import emptySource from './empty.wgsl?raw';
import fmaScalarSource from './fma-scalar.wgsl?raw';
import fmaVectorSource from './fma-vector.wgsl?raw';
import streamSource from './stream.wgsl?raw';

export interface Measured {
  /** Seconds per batch. */
  readonly seconds: Summary;
  /** Best rate: FLOP/s, bytes/s, or seconds per dispatch. The minimum time counts, because a roof is a bound. */
  readonly best: number;
}

export interface Roofline {
  readonly fmaScalar: Measured;
  readonly fmaVector: Measured;
  readonly stream: Measured;
  readonly copy: Measured;
  /** Seconds per dispatch of 500 empty ones in one pass and one submit. */
  readonly dispatch: Measured;
  /** Seconds per empty submit, waited for. */
  readonly submit: Measured;
  /** The larger of the two FMA rates, FLOP/s. */
  readonly flopsPerSecond: number;
  /** Of the streaming kernel, bytes/s. */
  readonly bytesPerSecond: number;
}

export interface RooflineOptions {
  readonly batches: number;
  readonly software: boolean;
}

const ROUNDS = 1024;
const EMPTY_DISPATCHES = 500;

export async function measureRoofline(device: GPUDevice, options: RooflineOptions): Promise<Roofline> {
  const { batches, software } = options;
  const fmaGroups = software ? 128 : 132 * 64;
  const fma = async (source: string, lanes: number) => {
    const kernel = await createKernel(device, source, 32, fmaGroups * 64 * 4, [fmaGroups, 1]);
    device.queue.writeBuffer(kernel.input, 0, new Float32Array([0.999, 0.001, 0.998, 0.002, 0.997, 0.003, 0.996, 0.004]));
    const flops = fmaGroups * 64 * ROUNDS * 4 * lanes * 2;
    return timed(kernel, batches, (seconds) => flops / seconds);
  };
  const fmaScalar = await fma(fmaScalarSource, 12);
  const fmaVector = await fma(fmaVectorSource, 8 * 4);
  const stream = await measureStream(device, batches, software);
  const empty = await createKernel(device, emptySource, 64, 64, [1, 1], EMPTY_DISPATCHES);
  const dispatch = await timed(empty, batches, (seconds) => seconds / EMPTY_DISPATCHES);
  const submit = await timed({ run: () => submitAndWait(device, () => {}), dispose: () => {} }, batches, (seconds) => seconds);
  return {
    ...{ fmaScalar, fmaVector, dispatch, submit },
    ...stream,
    flopsPerSecond: Math.max(fmaScalar.best, fmaVector.best),
    bytesPerSecond: stream.stream.best,
  };
}

/** Several times the last-level cache: 64 MiB per buffer in software, up to 512 MiB on a GPU. */
async function measureStream(device: GPUDevice, batches: number, software: boolean) {
  const wanted = software ? 2 ** 26 : 2 ** 29;
  const bytes = Math.min(
    wanted,
    2 ** Math.floor(Math.log2(Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize))),
  );
  // 1,024 vec4 per workgroup; a power of two, so the folded grid stays exact.
  const groups = bytes / (1024 * 16);
  const x = Math.min(groups, 32768);
  const kernel = await createKernel(device, streamSource, bytes, bytes, [x, groups / x]);
  const copyRun = () => submitAndWait(device, (encoder) => encoder.copyBufferToBuffer(kernel.input, 0, kernel.output, 0, bytes));
  const copy = await timed({ run: copyRun, dispose: () => {} }, batches, (seconds) => (2 * bytes) / seconds);
  const stream = await timed(kernel, batches, (seconds) => (2 * bytes) / seconds);
  return { stream, copy, bytesPerSecond: stream.best };
}

interface Runnable {
  run(): Promise<void>;
  dispose(): void;
}

interface RawKernel extends Runnable {
  readonly input: GPUBuffer;
  readonly output: GPUBuffer;
}

async function createKernel(
  device: GPUDevice,
  code: string,
  inputBytes: number,
  outputBytes: number,
  grid: readonly [number, number],
  dispatches = 1,
): Promise<RawKernel> {
  const visibility = 4; // GPUShaderStage.COMPUTE
  const layout = device.createBindGroupLayout({
    entries: [
      { binding: 0, visibility, buffer: { type: 'read-only-storage' } },
      { binding: 1, visibility, buffer: { type: 'storage' } },
    ],
  });
  const pipeline = await device.createComputePipelineAsync({
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module: device.createShaderModule({ code }), entryPoint: 'main' },
  });
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const input = device.createBuffer({ size: inputBytes, usage });
  const output = device.createBuffer({ size: outputBytes, usage });
  const entries = [input, output].map((buffer, binding) => ({ binding, resource: { buffer } }));
  const bindGroup = device.createBindGroup({ layout, entries });
  const run = () =>
    submitAndWait(device, (encoder) => {
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      for (let i = 0; i < dispatches; i++) pass.dispatchWorkgroups(grid[0], grid[1]);
      pass.end();
    });
  return {
    input,
    output,
    run,
    dispose() {
      input.destroy();
      output.destroy();
    },
  };
}

async function submitAndWait(device: GPUDevice, encode: (encoder: GPUCommandEncoder) => void): Promise<void> {
  const encoder = device.createCommandEncoder();
  encode(encoder);
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
}

/** Two warm-ups, then `batches` timed runs. */
async function timed(runnable: Runnable, batches: number, rate: (seconds: number) => number): Promise<Measured> {
  for (let i = 0; i < 2; i++) await runnable.run();
  const samples: number[] = [];
  for (let i = 0; i < batches; i++) {
    const start = performance.now();
    await runnable.run();
    samples.push((performance.now() - start) / 1000);
  }
  runnable.dispose();
  const seconds = summarize(samples);
  return { seconds, best: rate(seconds.min) };
}
