/** Prepares a contender and compares what it computes: nothing is timed that disagrees. */
import { compare, expectAll } from '../cases/agreement.ts';
import { type BenchCase, CHECKED_STEPS, type Prepared, type Runtime } from '../cases/case.ts';
import storedLosses from '../cases/expected-losses.json';
import { operands } from '../cases/operands.ts';
import { type Expected, expected } from '../cases/reference.ts';
import type { ContenderResult } from './result.ts';
import { messageOf } from './runner.ts';

export interface Contender {
  readonly id: string;
  readonly runtime: Runtime;
  readonly variant: string | undefined;
}

export interface Reference {
  readonly name: string;
  readonly expected: Expected;
}

export interface Agreeing {
  readonly id: string;
  readonly prepared: Prepared;
  /** Largest error relative to the largest expected magnitude; undefined where there was nothing to compare with. */
  readonly error: number | undefined;
  readonly values: Float32Array;
}

/** Loop nests for a kernel, stored losses for a training step; for a forward pass the first library's output is taken. */
export function referenceOf({ workload }: BenchCase): Reference | undefined {
  if (workload.type === 'training-step') {
    const losses = (storedLosses.losses as Record<string, number[]>)[workload.network.name];
    return losses && { name: `stored losses (${storedLosses.source})`, expected: expectAll(losses.slice(0, CHECKED_STEPS)) };
  }
  const values = expected(workload, operands(workload));
  return values && { name: 'double-precision loops', expected: values };
}

/** @returns why there is nothing to time, where there is not */
export async function prepareAgreeing(
  { id, runtime, variant }: Contender,
  benchCase: BenchCase,
  reference: Reference | undefined,
): Promise<Agreeing | ContenderResult> {
  const reason = runtime.unsupported(benchCase.workload);
  if (reason) return { id, status: 'unsupported', message: reason };
  try {
    const prepared = await runtime.prepare(benchCase.workload, variant);
    const values = await prepared.check();
    const agreement = reference && compare(values, reference.expected, benchCase.tolerance);
    if (agreement && !agreement.ok) {
      prepared.dispose();
      return { id, status: 'disagrees', error: agreement.error, message: agreement.message };
    }
    return { id, prepared, error: agreement?.error, values };
  } catch (error) {
    return { id, status: 'failed', message: messageOf(error) };
  }
}
