/** Opens the libraries and times each case with all of them, interleaved. The same code runs in the page and in Node. */
import { expectAll } from '../cases/agreement.ts';
import {
  type AdapterDescription,
  type BenchCase,
  CHECKED_STEPS,
  type Library,
  type OpenOptions,
  type Runtime,
} from '../cases/case.ts';
import { incomparable } from '../libraries/adapters.ts';
import type { Controls } from '../roofline/controls.ts';
import type { ProcessorControls } from '../roofline/processor-controls.ts';
import { type Agreeing, type Contender, prepareAgreeing, referenceOf } from './agreeing.ts';
import { Budget, type Clock } from './budget.ts';
import { caseControl, finishControl, type RunningControl } from './control.ts';
import { profileOf } from './profile.ts';
import type { CaseResult, ContenderResult, RuntimeResult } from './result.ts';
import { type BatchOptions, createRunner, guarded, interleave, messageOf, type Runner, timingOf, warmUp } from './runner.ts';
import { seedOf, shuffler } from './shuffle.ts';

export interface MeasureOptions extends BatchOptions {
  /** What a contender may take for a case; absent: as long as it needs. */
  readonly caseSeconds?: number;
  /** Seconds for the profile of a training step; absent: no profile. */
  readonly profileSeconds?: number;
  /** The roofs' own kernels, which run in the rounds of each case: of the adapter, and of the processor. */
  readonly controls?: Controls;
  readonly processorControls?: ProcessorControls;
  /** Share of idle processor time, asked before each case. */
  readonly idle?: () => Promise<number | undefined>;
  readonly log?: (line: string) => void;
  /** For tests; default the clock of the machine. */
  readonly now?: Clock;
}

/** What the host may send into the page. */
export type SentMeasureOptions = Omit<MeasureOptions, 'controls' | 'processorControls' | 'idle' | 'log' | 'now'>;

/** Longest time in which a library must have started. */
const OPEN_SECONDS = 60;

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
    const timed: { readonly agreeing: Agreeing; readonly runner: Runner; readonly adapter: AdapterDescription }[] = [];
    let reference = referenceOf(benchCase);
    for (const contender of this.#contenders(benchCase)) {
      const { id } = contender;
      const budget = new Budget(options.caseSeconds, options.now);
      const agreeing = await prepareAgreeing(contender, benchCase, reference, budget);
      if ('status' in agreeing) {
        results.set(id, agreeing);
        if (agreeing.status !== 'unsupported') log(`  ${id}: ${agreeing.status}: ${agreeing.message}`);
        continue;
      }
      // Holds its place in the order of the contenders until there are times.
      results.set(id, { id, status: 'failed' });
      reference ??= { name: id, expected: expectAll(agreeing.values) };
      const { adapter } = contender.runtime;
      timed.push({ agreeing, runner: createRunner(agreeing.prepared, budget, agreeing.seconds), adapter });
    }
    // The roofs of those that take part only.
    const onAdapter = timed.some(({ adapter }) => adapter.api !== 'cpu');
    const onProcessor = benchCase.workload.type !== 'replay' && timed.some(({ adapter }) => adapter.api === 'cpu');
    const threaded = timed.some(({ adapter: { threads = 1 } }) => threads > 1);
    const { processorControls } = options;
    const control = await prepareControl(benchCase, onAdapter ? options.controls : undefined, log);
    const one = await prepareControl(benchCase, onProcessor ? processorControls?.one : undefined, log);
    const all = await prepareControl(benchCase, onProcessor && threaded ? processorControls?.all : undefined, log);
    const roofs = [control, one, all].flatMap((running) => running ?? []);
    const runners = [...roofs, ...timed].map(({ runner }) => runner);
    for (const runner of runners) await guarded(runner, () => warmUp(runner, options));
    const seed = seedOf(benchCase.name);
    await interleave(runners, options.batches, shuffler(seed));
    const { profileSeconds, batches } = options;
    const own = timed.find(({ agreeing, runner }) => agreeing.prepared.takeApart && runner.failure === undefined);
    const controls = own?.adapter.api === 'cpu' ? processorControlsOf(own.adapter, processorControls) : options.controls;
    const profile =
      own && profileSeconds ? await profileOf(own.agreeing.prepared, { batches, profileSeconds, controls }, log) : undefined;
    for (const { agreeing, runner } of timed) {
      const result = contenderResult(agreeing, runner);
      results.set(result.id, result);
      await guarded(runner, async () => agreeing.prepared.dispose());
      log(`  ${result.id}: ${result.seconds ? `${(1000 * result.seconds.median).toFixed(2)} ms` : `failed: ${result.message}`}`);
    }
    const [measuredControl, measuredOne, measuredAll] = [control, one, all].map((running) => running && finishControl(running));
    const { name, group, shape, flops, bytes } = benchCase;
    return {
      ...{ name, group, shape, flops, bytes },
      reference: reference?.name ?? 'nothing',
      contenders: [...results.values()],
      ...(measuredControl ? { control: measuredControl } : {}),
      ...(measuredOne || measuredAll
        ? { processorControls: { ...(measuredOne ? { one: measuredOne } : {}), ...(measuredAll ? { all: measuredAll } : {}) } }
        : {}),
      ...(timed.length > 0 ? { seed } : {}),
      ...(profile ? { profile } : {}),
      ...(idle === undefined ? {} : { idle }),
    };
  }

  /** The losses of the first steps, for the stored expectation. */
  async losses(benchCase: BenchCase): Promise<number[]> {
    const [contender] = this.#contenders(benchCase);
    if (!contender) throw new Error(`no library is open for '${benchCase.name}'`);
    const prepared = await contender.runtime.prepare(benchCase.workload);
    return Array.from(await prepared.check(CHECKED_STEPS));
  }

  close(): void {
    for (const runtime of this.#runtimes.values()) runtime.close?.();
  }

  #contenders(benchCase: BenchCase): Contender[] {
    const { group, workload } = benchCase;
    return [...this.#runtimes].flatMap(([id, runtime]): Contender[] => {
      const ownOnly = group === 'ladder' || group === 'overhead';
      if (ownOnly && !runtime.variants) return [];
      if (group !== 'ladder' || !runtime.variants) return [{ id, runtime, variant: undefined }];
      return runtime.variants(workload).map((variant) => ({ id: `${id} · ${variant}`, runtime, variant }));
    });
  }
}

/** A case without its control is still worth its times. */
async function prepareControl(
  benchCase: BenchCase,
  controls: Controls | undefined,
  log: (line: string) => void,
): Promise<RunningControl | undefined> {
  try {
    return controls && (await caseControl(controls, benchCase));
  } catch (error) {
    log(`  no control: ${messageOf(error)}`);
    return undefined;
  }
}

function processorControlsOf({ threads = 1 }: AdapterDescription, controls: ProcessorControls | undefined): Controls | undefined {
  return threads > 1 ? controls?.all : controls?.one;
}

function contenderResult({ id, error, prepared, checkedSteps }: Agreeing, runner: Runner): ContenderResult {
  const timing = timingOf(runner);
  if (!timing) return { id, status: 'failed', message: runner.failure ?? 'no sample' };
  return {
    id,
    status: 'ok',
    ...(error === undefined ? {} : { error }),
    ...(checkedSteps === undefined ? {} : { checkedSteps }),
    ...(prepared.variant === undefined ? {} : { variant: prepared.variant }),
    ...(prepared.choices === undefined ? {} : { choices: prepared.choices }),
    ...(prepared.dispatches === undefined ? {} : { dispatches: prepared.dispatches }),
    ...timing,
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
