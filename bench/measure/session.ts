/** Opens the libraries, checks that they agree, and times them interleaved. The same code runs in the page and in Node. */
import { compare, expectAll } from '../cases/agreement.ts';
import {
  type AdapterDescription,
  type BenchCase,
  CHECKED_STEPS,
  type Library,
  type OpenOptions,
  type Prepared,
  type Runtime,
} from '../cases/case.ts';
import storedLosses from '../cases/expected-losses.json';
import { operands } from '../cases/operands.ts';
import { type Expected, expected } from '../cases/reference.ts';
import { incomparable } from '../libraries/adapters.ts';
import type { CaseResult, ContenderResult, FirstStep, RuntimeResult } from './result.ts';
import { summarize } from './statistics.ts';

export interface MeasureOptions {
  readonly batches: number;
  /** A batch executes often enough to last this long. */
  readonly batchSeconds: number;
  /** An execution slower than this gets `slowBatches` batches instead. */
  readonly slowSeconds: number;
  readonly slowBatches: number;
  /** Share of idle processor time, asked before each case. */
  readonly idle?: () => Promise<number | undefined>;
  readonly log?: (line: string) => void;
}

/** Longest time in which a library must have started. */
const OPEN_SECONDS = 60;

interface Contender {
  readonly id: string;
  readonly runtime: Runtime;
  readonly variant: string | undefined;
}

/** A contender that is ready to be timed, and its samples so far. */
interface Runner {
  readonly id: string;
  readonly prepared: Prepared;
  readonly error: number | undefined;
  executions: number;
  batches: number;
  readonly samples: number[];
  /** Why it dropped out while it was timed. */
  failure: string | undefined;
}

export class Session {
  readonly #runtimes = new Map<string, Runtime>();

  /** Opens `library` on `backend`; a library that cannot start here is reported and left out. */
  async open(
    library: Library,
    backend: string,
    reference?: AdapterDescription,
    options: OpenOptions = {},
  ): Promise<RuntimeResult> {
    const id = `${library.name} ${backend}`;
    try {
      const runtime = await within(OPEN_SECONDS, library.open(backend, options));
      const { version, adapter } = runtime;
      const difference = reference && incomparable(reference, adapter);
      if (difference) return { id, version, adapter, error: `not comparable: ${difference}` };
      this.#runtimes.set(id, runtime);
      return { id, version, adapter };
    } catch (error) {
      return { id, version: '', error: messageOf(error) };
    }
  }

  /** Checks and times one case with every open library that takes part in its group. */
  async measure(benchCase: BenchCase, options: MeasureOptions): Promise<CaseResult> {
    const log = options.log ?? (() => {});
    const idle = await options.idle?.();
    const results = new Map<string, ContenderResult>();
    const runners: Runner[] = [];
    let reference = referenceOf(benchCase);
    for (const contender of this.#contenders(benchCase)) {
      const { id } = contender;
      const reason = contender.runtime.unsupported(benchCase.workload);
      if (reason) {
        results.set(id, { id, status: 'unsupported', message: reason });
        continue;
      }
      results.set(id, { id, status: 'failed' });
      const checked = await prepareAndCheck(contender, benchCase, reference);
      if ('status' in checked) {
        results.set(id, checked);
        log(`  ${id}: ${checked.status}: ${checked.message}`);
        continue;
      }
      reference ??= { name: id, expected: checked.values };
      runners.push(checked.runner);
    }
    for (const runner of runners) await guarded(runner, () => warmUp(runner, options));
    await interleave(runners, options);
    for (const runner of runners) {
      const result = finish(runner);
      results.set(runner.id, result);
      await guarded(runner, async () => runner.prepared.dispose());
      log(`  ${runner.id}: ${result.seconds ? `${(1000 * result.seconds.median).toFixed(2)} ms` : `failed: ${result.message}`}`);
    }
    const { name, group, shape, flops, bytes } = benchCase;
    const contenders = [...results.values()];
    return {
      name,
      group,
      shape,
      flops,
      bytes,
      reference: reference?.name ?? 'nothing',
      contenders,
      ...(idle === undefined ? {} : { idle }),
    };
  }

  /** The losses of the first steps, for the stored expectation. */
  async losses(benchCase: BenchCase): Promise<number[]> {
    const [contender] = this.#contenders(benchCase);
    if (!contender) throw new Error(`no library is open for '${benchCase.name}'`);
    const prepared = await contender.runtime.prepare(benchCase.workload);
    return Array.from(await prepared.check());
  }

  #contenders(benchCase: BenchCase): Contender[] {
    const { group, workload } = benchCase;
    return [...this.#runtimes].flatMap(([id, runtime]): Contender[] => {
      const ownOnly = group === 'ladder' || group === 'lab-kernel' || group === 'overhead';
      if (ownOnly && !runtime.variants) return [];
      if (group !== 'ladder' || !runtime.variants) return [{ id, runtime, variant: undefined }];
      return runtime.variants(workload).map((variant) => ({ id: `${id} · ${variant}`, runtime, variant }));
    });
  }
}

/** First training step of a library that was never used in this browser, with every compilation in it. */
export async function firstStep(library: Library, backend: string, benchCase: BenchCase): Promise<FirstStep> {
  const id = `${library.name} ${backend}`;
  const network = benchCase.name;
  try {
    const start = performance.now();
    const runtime = await library.open(backend);
    const opened = performance.now();
    const reason = runtime.unsupported(benchCase.workload);
    if (reason) return { id, network, error: reason };
    const prepared = await runtime.prepare(benchCase.workload);
    await prepared.run(1);
    const done = performance.now();
    return { id, network, openSeconds: (opened - start) / 1000, stepSeconds: (done - opened) / 1000 };
  } catch (error) {
    return { id, network, error: messageOf(error) };
  }
}

interface Reference {
  readonly name: string;
  readonly expected: Expected;
}

/** Loop nests for a kernel, stored losses for a training step; for a forward pass the first library's output is taken. */
function referenceOf({ workload }: BenchCase): Reference | undefined {
  if (workload.type === 'training-step') {
    const losses = (storedLosses.losses as Record<string, number[]>)[workload.network.name];
    return losses && { name: `stored losses (${storedLosses.source})`, expected: expectAll(losses.slice(0, CHECKED_STEPS)) };
  }
  const values = expected(workload, operands(workload));
  return values && { name: 'double-precision loops', expected: values };
}

async function prepareAndCheck(
  { id, runtime, variant }: Contender,
  benchCase: BenchCase,
  reference: Reference | undefined,
): Promise<{ runner: Runner; values: Expected } | ContenderResult> {
  try {
    const prepared = await runtime.prepare(benchCase.workload, variant);
    const values = await prepared.check();
    const agreement = reference && compare(values, reference.expected, benchCase.tolerance);
    if (agreement && !agreement.ok) {
      prepared.dispose();
      return { id, status: 'disagrees', error: agreement.error, message: agreement.message };
    }
    return {
      runner: { id, prepared, error: agreement?.error, executions: 1, batches: 0, samples: [], failure: undefined },
      values: expectAll(values),
    };
  } catch (error) {
    return { id, status: 'failed', message: messageOf(error) };
  }
}

/** Three executions and 0.2 s, or one second (the check compiled everything); then as many per batch as fill `batchSeconds`. */
async function warmUp(runner: Runner, options: MeasureOptions): Promise<void> {
  let best = Number.POSITIVE_INFINITY;
  let total = 0;
  for (let i = 0; (i < 3 || total < 0.2) && i < 50 && total < 1; i++) {
    const seconds = await time(() => runner.prepared.run(1));
    total += seconds;
    best = Math.min(best, seconds);
  }
  // One execution alone also pays for the wait, so the estimate is made again with a batch.
  const estimate = Math.min(1000, Math.max(1, Math.ceil(options.batchSeconds / best)));
  const perExecution = estimate > 1 ? (await time(() => runner.prepared.run(estimate))) / estimate : best;
  runner.executions = Math.min(5000, Math.max(1, Math.ceil(options.batchSeconds / perExecution)));
  runner.batches = best > options.slowSeconds ? options.slowBatches : options.batches;
}

/** A B C A B C …: a neighbour on the machine who comes and goes disturbs all libraries alike. */
async function interleave(runners: readonly Runner[], options: MeasureOptions): Promise<void> {
  for (let round = 0; round < options.batches; round++) {
    for (const runner of runners) {
      if (round >= runner.batches) continue;
      await guarded(runner, async () => {
        runner.samples.push((await time(() => runner.prepared.run(runner.executions))) / runner.executions);
      });
    }
  }
}

/** A library that fails while it is timed drops out; the others go on. */
async function guarded(runner: Runner, f: () => Promise<void>): Promise<void> {
  if (runner.failure !== undefined) return;
  try {
    await f();
  } catch (error) {
    runner.failure = messageOf(error);
  }
}

function finish(runner: Runner): ContenderResult {
  const { id, error, executions, samples, prepared } = runner;
  if (runner.failure !== undefined || samples.length === 0)
    return { id, status: 'failed', message: runner.failure ?? 'no sample' };
  return {
    id,
    status: 'ok',
    ...(error === undefined ? {} : { error }),
    ...(prepared.variant === undefined ? {} : { variant: prepared.variant }),
    ...(prepared.choices === undefined ? {} : { choices: prepared.choices }),
    ...(prepared.dispatches === undefined ? {} : { dispatches: prepared.dispatches }),
    executions,
    samples,
    seconds: summarize(samples),
  };
}

/** A library may wait for ever for a worker that failed to start. */
async function within<T>(seconds: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${seconds} s`)), seconds * 1000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function time(f: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await f();
  return (performance.now() - start) / 1000;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
