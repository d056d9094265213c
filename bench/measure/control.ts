/** Roof kernels as runners: they take part in the rounds like a contender, and their failure harms nobody. */
import type { BenchCase } from '../cases/case.ts';
import type { Control, Controls } from '../roofline/controls.ts';
import type { ControlResult } from './result.ts';
import { createRunner, type Runner, timingOf } from './runner.ts';

export interface RunningControl {
  readonly work: Control;
  readonly runner: Runner;
}

/** The control of a case: the roof that binds, or as many empty dispatches as the case has. */
export function caseControl(controls: Controls, { workload, flops, bytes }: BenchCase): Promise<RunningControl> {
  if (workload.type === 'replay') return startControl(controls.prepare('empty', workload.dispatches));
  return startControl(controls.prepare(controls.roofOf({ flops, bytes })));
}

export async function startControl(prepared: Promise<Control>): Promise<RunningControl> {
  const work = await prepared;
  return { work, runner: createRunner(work) };
}

/** Ends the control. @returns undefined where it failed */
export function finishControl({ work, runner }: RunningControl): ControlResult | undefined {
  work.dispose();
  const timing = timingOf(runner);
  return timing && { kernel: work.kernel, amount: work.amount, ...timing };
}
