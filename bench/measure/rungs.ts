/** Times every rung of every ladder, the rungs of a case in turn, so that what else the machine does meets all of them alike. */
import { cpuUsage } from 'node:process';
import { openDevice, type RecordingDevice } from '../../engine/index.ts';
import type { AnyKernel } from '../../engine/kernels/kernel.ts';
import type { StepKernel } from '../cases/case.ts';
import type { RungCase } from '../cases/rung-cases.ts';
import { commit, machine } from '../host/environment.ts';
import { stepKernels } from '../libraries/chalkgrad-step-kernels.ts';
import { messageOf } from './runner.ts';
import { type Summary, summarize } from './statistics.ts';

export interface TimedRung {
  readonly variant: string;
  /** Seconds of processor time of one call, all threads of the process together. */
  readonly time: Summary;
}

export interface RungResult {
  readonly kernel: string;
  readonly shape: string;
  /** From the first rung to the last that runs here. */
  readonly rungs: readonly TimedRung[];
  /** Rungs that do not apply to this case on this device. */
  readonly untimed: readonly string[];
}

export interface RungsResult {
  readonly format: 'chalkgrad-rungs-1';
  readonly date: string;
  readonly commit: string;
  readonly device: { readonly kind: string; readonly name: string; readonly software: boolean };
  readonly machine: ReturnType<typeof machine>;
  readonly node: string;
  readonly rounds: number;
  readonly cases: readonly RungResult[];
  /** Cases that could not be measured, with the reason. */
  readonly failed: Readonly<Record<string, string>>;
}

export interface RungOptions {
  readonly device: 'wasm' | 'webgpu';
  readonly rounds: number;
  readonly log: (line: string) => void;
}

/** Processor seconds of one timed batch, at least. */
const BATCH_SECONDS = 0.015;
const MOST_CALLS = 4096;

export async function measureRungs(cases: readonly RungCase[], { device: kind, rounds, log }: RungOptions): Promise<RungsResult> {
  const device = await openDevice(kind, kind === 'wasm' ? { threads: 1 } : {});
  const results: RungResult[] = [];
  const failed: Record<string, string> = {};
  try {
    for (const { kernel, params } of cases) {
      try {
        const result = await measureCase(device, kernel, params, rounds);
        results.push(result);
        log(
          `${kernel.name} ${result.shape}: ${result.rungs.map(({ variant, time }) => `${variant} ${(1e6 * time.median).toFixed(1)} µs`).join(', ')}`,
        );
      } catch (error) {
        failed[`${kernel.name} ${JSON.stringify(params)}`] = messageOf(error);
        log(`${kernel.name}: ${messageOf(error)}`);
      }
    }
    const { name, software } = device.info;
    return {
      format: 'chalkgrad-rungs-1',
      date: new Date().toISOString(),
      commit: commit(),
      device: { kind, name, software },
      machine: machine(),
      node: process.version,
      rounds,
      cases: results,
      failed,
    };
  } finally {
    device.destroy();
  }
}

async function measureCase(device: RecordingDevice, kernel: AnyKernel, params: unknown, rounds: number): Promise<RungResult> {
  const applicable = device.choices?.applicable(kernel, params) ?? [];
  const runs = applicable.map(({ id }) => ({ kernel, params, buffers: {}, variant: id }));
  const parts = stepKernels(device, runs);
  try {
    const calls: number[] = [];
    for (const rung of parts.kernels) calls.push(await callsOf(rung));
    const samples = parts.kernels.map((): number[] => []);
    for (let round = 0; round < rounds; round++) {
      for (const [at, rung] of parts.kernels.entries()) {
        const count = calls[at] as number;
        samples[at]?.push((await processorSeconds(rung, count)) / count);
      }
    }
    return {
      kernel: kernel.name,
      shape: `${parts.kernels[0]?.shape ?? ''}${transposes(params) ? ', transposed' : ''}`,
      rungs: parts.kernels.map(({ variant }, at) => ({ variant, time: summarize(samples[at] as number[]) })),
      untimed: kernel.variants.filter((variant) => !applicable.includes(variant)).map(({ id }) => id),
    };
  } finally {
    parts.dispose();
  }
}

/** Of a copy: whether it reads in another order than it writes. */
function transposes(params: unknown): boolean {
  const { strideX, strideY } = params as { strideX?: unknown; strideY?: unknown };
  return Array.isArray(strideX) && JSON.stringify(strideX) !== JSON.stringify(strideY);
}

/** Compiles, and counts the calls that fill a batch. */
async function callsOf(rung: StepKernel): Promise<number> {
  await rung.run(1);
  for (let calls = 1; ; ) {
    const seconds = await processorSeconds(rung, calls);
    if (seconds >= BATCH_SECONDS || calls >= MOST_CALLS) return calls;
    calls = Math.min(MOST_CALLS, Math.max(2 * calls, Math.ceil((calls * BATCH_SECONDS) / Math.max(seconds, 1e-6))));
  }
}

/** Of all threads of this process: a machine that does other work lengthens the clock's time, not this one's. */
async function processorSeconds(rung: StepKernel, calls: number): Promise<number> {
  const before = cpuUsage();
  await rung.run(calls);
  const { user, system } = cpuUsage(before);
  return (user + system) / 1e6;
}
