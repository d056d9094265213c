/** What runs a job. A device gives the buffers that the program may write; the tracer also says what it found. */

import type { Access } from '../../../engine/wgsl/trace/index.ts';
import {
  bindingsOf,
  checkWorkgroups,
  type Entry,
  type Finding,
  scalarWithin,
  trace,
  typeText,
  WgslInputError,
} from '../../../engine/wgsl/trace/index.ts';
import type { Module } from '../../../engine/wgsl/typed.ts';
import type { Arguments, DeviceName } from './arguments.ts';
import { inputOf, type Job, type JobBuffer } from './job.ts';
import { runOnWasm } from './wasm.ts';
import { runOnWebGpu } from './webgpu.ts';

/** A job whose program has been parsed and whose buffers fit it. */
export interface Program {
  readonly job: Job;
  readonly module: Module;
  readonly entry: Entry;
}

export interface RunResult {
  /** Contents of the storage buffers that the entry point touches, by name. */
  readonly buffers: Readonly<Record<string, ArrayBuffer>>;
  readonly findings: readonly Finding[];
  readonly accesses: readonly Access[];
  readonly steps: number | undefined;
}

export type Run = (program: Program, args: Arguments) => Promise<RunResult>;

/** By name. */
export const RUNNERS: Readonly<Record<DeviceName, Run>> = {
  trace: async ({ job, module, entry }, { watch, steps }) => {
    const budget = steps === undefined ? {} : { perInvocation: steps, perWorkgroup: 16 * steps };
    return trace({
      module,
      source: job.source,
      entry: entry.name,
      workgroups: job.workgroups,
      ...inputOf(job),
      overrides: job.overrides,
      budget,
      watch,
    });
  },
  wasm: runOnWasm,
  webgpu: runOnWebGpu,
};

/** @throws WgslInputError where the grid is none, or a buffer's type is not the program's */
export function checkJob({ job, module, entry }: Program): void {
  checkWorkgroups(job.workgroups);
  for (const { global } of bindingsOf(module, entry)) {
    const given: JobBuffer | undefined = Object.hasOwn(job.buffers, global.name) ? job.buffers[global.name] : undefined;
    const wanted = scalarWithin(module, global.type);
    if (given && wanted !== undefined && wanted !== given.type) {
      const type = typeText(module, global.type);
      throw new WgslInputError(`buffer '${global.name}' is given as ${given.type}, but the program declares it as ${type}`);
    }
  }
}
