/** Prepares a contender and compares what it computes: nothing is timed that disagrees, or that is too slow to be timed. */
import { type Agreement, compare, expectAll } from '../cases/agreement.ts';
import { type BenchCase, CHECKED_STEPS, type Prepared, type Runtime } from '../cases/case.ts';
import storedLosses from '../cases/expected-losses.json';
import { operands } from '../cases/operands.ts';
import { type Expected, expected } from '../cases/reference.ts';
import { formatSeconds } from '../report/format.ts';
import type { Budget } from './budget.ts';
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
  /** Of the second execution, which compiles nothing any more. */
  readonly seconds: number;
  /** Steps whose losses were compared; undefined for other cases. */
  readonly checkedSteps: number | undefined;
}

/** The first execution compiles, too: it shows that a contender is too slow only where it takes so many times the budget. */
const FAR = 2;

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
  budget: Budget,
): Promise<Agreeing | ContenderResult> {
  const reason = runtime.unsupported(benchCase.workload);
  if (reason) return { id, status: 'unsupported', message: reason };
  try {
    const prepared = await runtime.prepare(benchCase.workload, variant);
    const outcome = await new Check(prepared, benchCase, reference, budget).run();
    if (!('status' in outcome)) return { id, prepared, ...outcome };
    prepared.dispose();
    return { id, ...outcome };
  } catch (error) {
    return { id, status: 'failed', message: messageOf(error) };
  }
}

type Passed = Omit<Agreeing, 'id' | 'prepared'>;
type Refused = Omit<ContenderResult, 'id'>;

/** The first executions of a contender: two at least, of a training step as many as are compared. */
class Check {
  readonly #prepared: Prepared;
  readonly #case: BenchCase;
  readonly #reference: Reference | undefined;
  readonly #budget: Budget;
  readonly #training: boolean;
  #values: Float32Array = new Float32Array(0);
  #agreement: Agreement | undefined;

  constructor(prepared: Prepared, benchCase: BenchCase, reference: Reference | undefined, budget: Budget) {
    this.#prepared = prepared;
    this.#case = benchCase;
    this.#reference = reference;
    this.#budget = budget;
    this.#training = benchCase.workload.type === 'training-step';
  }

  async run(): Promise<Passed | Refused> {
    const budget = this.#budget;
    const first = await this.#compared();
    if (this.#disagrees) return this.#disagrees;
    const unit = this.#training ? 'step' : 'execution';
    if (first > FAR * budget.seconds) return tooSlow(`the first ${unit} took ${formatSeconds(first)}`);
    const seconds = this.#training ? await this.#compared() : await budget.time(() => this.#prepared.run(1));
    if (this.#disagrees) return this.#disagrees;
    if (seconds > budget.seconds) return tooSlow(`> ${formatSeconds(seconds)} ${this.#training ? 'a step' : 'an execution'}`);
    // A further comparison must leave room for a batch.
    while (this.#training && this.#values.length < CHECKED_STEPS && budget.left >= 2 * seconds) {
      await this.#compared();
      if (this.#disagrees) return this.#disagrees;
    }
    const checkedSteps = this.#training ? this.#values.length : undefined;
    return { error: this.#agreement?.error, values: this.#values, seconds, checkedSteps };
  }

  /** One execution whose values are compared, of a training step together with those of the steps before. */
  async #compared(): Promise<number> {
    const seconds = await this.#budget.time(async () => {
      const values = await this.#prepared.check(1);
      this.#values = this.#training ? Float32Array.of(...this.#values, ...values) : values;
    });
    const wanted = this.#reference?.expected;
    if (wanted) {
      const part = this.#training ? firstOf(wanted, this.#values.length) : wanted;
      this.#agreement = compare(this.#values, part, this.#case.tolerance);
    }
    return seconds;
  }

  get #disagrees(): Refused | undefined {
    const agreement = this.#agreement;
    return agreement && !agreement.ok ? { status: 'disagrees', error: agreement.error, message: agreement.message } : undefined;
  }
}

function tooSlow(message: string): Refused {
  return { status: 'too slow', message };
}

function firstOf({ indices, values }: Expected, count: number): Expected {
  return { indices: indices.slice(0, count), values: values.slice(0, count) };
}
