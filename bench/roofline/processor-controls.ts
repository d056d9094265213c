/**
 * The processor's roof, on one thread and on all, measured before the cases and as controls in their rounds: what a contender on the
 * processor is compared with, as one on the adapter is with the adapter's.
 */
import type { Control, Controls, Work } from './controls.ts';
import { type ProcessorThreads, startThreads } from './processor-pool.ts';
import { type ProcessorRoof, type RoofWork, roofModule } from './processor-roof.ts';
import { processors } from './processors.ts';
import type { ProcessorKernelName, RoofKernelName } from './roof-kernels.ts';

/** Rates of one thread and of `threads` together; the best of the batches, because a roof is a bound. */
export interface ProcessorRoofline {
  readonly threads: number;
  readonly one: ProcessorRoof;
  /** Absent where there is one core, or workers could not be started. */
  readonly all?: ProcessorRoof;
}

export interface ProcessorControls {
  readonly one: Controls;
  readonly all?: Controls;
}

export interface MeasuredProcessor {
  readonly roofline: ProcessorRoofline;
  readonly controls: ProcessorControls;
  close(): void;
}

/** Smallest range of a stream: with that of every thread several times the last cache. */
const STREAM_MEGABYTES = 64;

/** @param threads of the second measurement; default all cores */
export async function measureProcessor(
  batches: number,
  threads?: number,
  megabytes = STREAM_MEGABYTES,
): Promise<MeasuredProcessor> {
  const count = threads ?? (await processors());
  const one = await measureThreads(await startThreads(roofModule(megabytes), 1), batches);
  const each = Math.max(megabytes / 4, Math.ceil(megabytes / count));
  const all = count > 1 ? await measureAll(each, count, batches) : undefined;
  return {
    roofline: { threads: count, one: one.roof, ...(all ? { all: all.roof } : {}) },
    controls: { one: one.controls, ...(all ? { all: all.controls } : {}) },
    close() {
      one.close();
      all?.close();
    },
  };
}

interface MeasuredThreads {
  readonly roof: ProcessorRoof;
  readonly controls: Controls;
  close(): void;
}

async function measureAll(megabytes: number, count: number, batches: number): Promise<MeasuredThreads | undefined> {
  try {
    return await measureThreads(await startThreads(roofModule(megabytes), count), batches);
  } catch {
    // A policy that refuses workers: contenders have one thread there, too.
    return undefined;
  }
}

async function measureThreads(threads: ProcessorThreads, batches: number): Promise<MeasuredThreads> {
  const { multiplyAdds, stream } = threads.works;
  const rates: number[] = [];
  for (const work of multiplyAdds) rates.push(await bestRate(threads, work, batches));
  const flopsPerSecond = Math.max(...rates);
  const best = multiplyAdds[rates.indexOf(flopsPerSecond)] as RoofWork;
  const bytesPerSecond = await bestRate(threads, stream, batches);
  const roof = { flopsPerSecond, bytesPerSecond };
  return {
    roof,
    controls: controlsOf(threads, roof, { 'processor-fma': best, 'processor-stream': stream }),
    close: () => threads.close(),
  };
}

/** Long enough that starting and waiting for the threads does not count. */
const BATCH_SECONDS = 0.02;

async function bestRate(threads: ProcessorThreads, work: RoofWork, batches: number): Promise<number> {
  const timed = async (executions: number) => {
    const start = performance.now();
    await threads.run(work, executions);
    return (performance.now() - start) / 1000;
  };
  await timed(1);
  const executions = Math.max(1, Math.ceil(BATCH_SECONDS / (await timed(1))));
  let best = 0;
  for (let i = 0; i < batches; i++) best = Math.max(best, (executions * threads.count * work.amount) / (await timed(executions)));
  return best;
}

function controlsOf(
  threads: ProcessorThreads,
  roof: ProcessorRoof,
  works: Readonly<Record<ProcessorKernelName, RoofWork>>,
): Controls {
  return {
    roofOf: (work) => processorKernelOf(work, roof),
    async prepare(kernel): Promise<Control> {
      if (!isProcessorKernel(kernel)) throw new RangeError(`'${kernel}' is no kernel of the processor`);
      const work = works[kernel];
      return {
        kernel,
        amount: threads.count * work.amount,
        run: (executions) => threads.run(work, executions),
        dispose: () => {},
      };
    },
  };
}

function isProcessorKernel(kernel: RoofKernelName): kernel is ProcessorKernelName {
  return kernel === 'processor-fma' || kernel === 'processor-stream';
}

/** The roof that binds: memory below the ridge, multiply-adds above. A call costs nearly nothing here, so there is no third. */
export function processorKernelOf(
  { flops, bytes }: Work,
  { flopsPerSecond, bytesPerSecond }: ProcessorRoof,
): ProcessorKernelName {
  return bytes / bytesPerSecond > flops / flopsPerSecond ? 'processor-stream' : 'processor-fma';
}
