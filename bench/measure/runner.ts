/** Times several contenders in turns: warm-up, batches that fill a wanted time, and rounds in which each has one batch. */
import { Budget } from './budget.ts';
import type { Timing } from './result.ts';
import type { Shuffle } from './shuffle.ts';
import { summarize } from './statistics.ts';

/** What can be timed: `n` executions, and the wait for the last of them. */
export interface Timeable {
  run(n: number): Promise<void>;
}

export interface BatchOptions {
  readonly batches: number;
  /** A batch executes often enough to last this long. */
  readonly batchSeconds: number;
  /** Shortest warm-up; default 0.2 s and 3 executions. */
  readonly warmSeconds?: number;
  readonly warmExecutions?: number;
}

/** A contender that is ready to be timed, and its samples so far. */
export interface Runner {
  readonly work: Timeable;
  readonly budget: Budget;
  /** Seconds of an execution before the warm-up; infinite where nobody knows. */
  readonly known: number;
  /** Per batch. */
  executions: number;
  /** Seconds per execution, one value per batch. */
  readonly samples: number[];
  /** Why it dropped out while it was timed. */
  failure: string | undefined;
}

export function createRunner(work: Timeable, budget = new Budget(), known = Number.POSITIVE_INFINITY): Runner {
  return { work, budget, known, executions: 1, samples: [], failure: undefined };
}

/**
 * `warmExecutions` and `warmSeconds`, or one second (the check compiled everything); then as many per batch as fill `batchSeconds`.
 * Where the budget has no room for a warm-up and all batches, the batches come first.
 */
export async function warmUp(runner: Runner, options: BatchOptions): Promise<void> {
  const { work, budget } = runner;
  const { batches, batchSeconds, warmSeconds = 0.2, warmExecutions = 3 } = options;
  let best = runner.known;
  let total = 0;
  for (let i = 0; (i < warmExecutions || total < warmSeconds) && i < 50 && total < 1; i++) {
    if (Number.isFinite(best) && (batches + 1) * best > budget.left) break;
    const seconds = await budget.time(() => work.run(1));
    total += seconds;
    best = Math.min(best, seconds);
  }
  // One execution alone also pays for the wait, so the estimate is made again with a batch.
  const estimate = Math.min(1000, Math.max(1, Math.ceil(batchSeconds / best)));
  const perExecution = estimate > 1 ? (await budget.time(() => work.run(estimate))) / estimate : best;
  runner.executions = Math.min(5000, Math.max(1, Math.ceil(batchSeconds / perExecution)));
}

/**
 * B A C, C A B, …: a neighbour on the machine who comes and goes disturbs all alike, and nobody always runs after the same one. Each has
 * one batch in a round, and what its budget allows.
 */
export async function interleave(runners: readonly Runner[], rounds: number, shuffle: Shuffle): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const runner of shuffle(runners)) {
      const { work, budget, executions, samples } = runner;
      if ((samples.at(-1) ?? 0) * executions > budget.left && samples.length > 0) continue;
      await guarded(runner, async () => {
        samples.push((await budget.time(() => work.run(executions))) / executions);
      });
    }
  }
}

/** What fails while it is timed drops out; the others go on. */
export async function guarded(runner: Runner, f: () => Promise<void>): Promise<void> {
  if (runner.failure !== undefined) return;
  try {
    await f();
  } catch (error) {
    runner.failure = messageOf(error);
  }
}

/** Undefined where the runner failed or was never timed. */
export function timingOf({ failure, executions, samples }: Runner): Timing | undefined {
  if (failure !== undefined || samples.length === 0) return undefined;
  return { executions, samples, seconds: summarize(samples) };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
