/**
 * What the adapter can do at best, measured before all cases with kernels that do nothing else (Williams, Waterman & Patterson 2009).
 * It decides which roof limits a case; that roof's kernel then runs beside the case (`controls.ts`).
 */
import { type Summary, summarize } from '../measure/statistics.ts';
import { type Runnable, submitting } from './raw-kernel.ts';
import { type AdapterKernelName, createRoofKernel, type RoofKernel } from './roof-kernels.ts';

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

const EMPTY_DISPATCHES = 500;

export async function measureRoofline(device: GPUDevice, options: RooflineOptions): Promise<Roofline> {
  const { batches, software } = options;
  const create = (kernel: AdapterKernelName) => createRoofKernel(device, kernel, { software, dispatches: EMPTY_DISPATCHES });
  const rate = async (kernel: AdapterKernelName) => {
    const created = await create(kernel);
    return timed(created, batches, (seconds) => created.amount / seconds);
  };
  const fmaScalar = await rate('fma-scalar');
  const fmaVector = await rate('fma-vector');
  const { stream, copy } = await measureMemory(device, await create('stream'), batches);
  const dispatch = await timed(await create('empty'), batches, (seconds) => seconds / EMPTY_DISPATCHES);
  const submit = await timed({ run: submitting(device, () => {}), dispose: () => {} }, batches, (seconds) => seconds);
  return {
    ...{ fmaScalar, fmaVector, stream, copy, dispatch, submit },
    flopsPerSecond: Math.max(fmaScalar.best, fmaVector.best),
    bytesPerSecond: stream.best,
  };
}

/** The streaming kernel, and the copy without a kernel between the same buffers. */
async function measureMemory(device: GPUDevice, kernel: RoofKernel, batches: number) {
  const { input, output, amount } = kernel;
  const copyRun = submitting(device, (encoder) => encoder.copyBufferToBuffer(input, 0, output, 0, amount / 2));
  const copy = await timed({ run: copyRun, dispose: () => {} }, batches, (seconds) => amount / seconds);
  const stream = await timed(kernel, batches, (seconds) => amount / seconds);
  return { stream, copy };
}

/** Two warm-ups, then `batches` timed runs. */
async function timed(runnable: Runnable, batches: number, rate: (seconds: number) => number): Promise<Measured> {
  for (let i = 0; i < 2; i++) await runnable.run(1);
  const samples: number[] = [];
  for (let i = 0; i < batches; i++) {
    const start = performance.now();
    await runnable.run(1);
    samples.push((performance.now() - start) / 1000);
  }
  runnable.dispose();
  const seconds = summarize(samples);
  return { seconds, best: rate(seconds.min) };
}
