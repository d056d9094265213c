/** Runs an experiment to its end without a page: the command line, tests and benchmarks. */
import type { Contract, ResultOf } from './contract.ts';
import type { Environment } from './environment.ts';
import type { LabEvent } from './events.ts';
import {
  type AnyExperiment,
  type DeviceInfo,
  type DevicePreference,
  type Experiment,
  type GivenFiles,
  presetValues,
  type TuneMode,
} from './experiment.ts';
import { type Change, Runner } from './runner.ts';
import { type ConfigOf, defaults, type Schema } from './schema.ts';
import { reviveError } from './serialize-error.ts';

export interface NodeOptions<S extends Schema> {
  readonly environment: Environment;
  readonly device?: DevicePreference;
  /** Whether variants of kernels are measured; default `off`. */
  readonly tune?: TuneMode;
  readonly preset?: string;
  /** On top of the preset. */
  readonly config?: Partial<ConfigOf<S>>;
  /** Changes of live parameters on the way: repeats a run whose reader moved its controls. */
  readonly changes?: readonly Change[];
  readonly checkpoint?: Uint8Array;
  readonly files?: GivenFiles;
  readonly onEvent?: (event: LabEvent) => void;
  readonly log?: (message: string) => void;
  /** Stops the run when aborted; the promise then rejects. */
  readonly signal?: AbortSignal;
  /** Ends after so many steps, without a result. */
  readonly steps?: number;
}

export interface NodeRun<Result> {
  /** Undefined where `steps` ended the run early. */
  readonly result: Result | undefined;
  readonly config: Readonly<Record<string, unknown>>;
  readonly device: DeviceInfo;
  readonly steps: number;
  readonly seconds: number;
  /** The run itself, still able to answer requests. Call `stop` when done. */
  readonly runner: Runner;
}

/**
 * @returns when the experiment has returned; `runner` still answers requests until `runner.stop()`
 * @throws what the experiment threw, by name, message and fields
 */
export function runInNode<S extends Schema, C extends Contract>(
  experiment: Experiment<S, C>,
  options: NodeOptions<S>,
): Promise<NodeRun<ResultOf<C>>>;
export function runInNode(experiment: AnyExperiment, options: NodeOptions<Schema>): Promise<NodeRun<unknown>>;
export async function runInNode(experiment: AnyExperiment, options: NodeOptions<Schema>): Promise<NodeRun<unknown>> {
  const base = defaults<Schema>(experiment.schema, options.preset ? presetValues(experiment, options.preset) : {});
  const config = { ...base, ...options.config };
  const started = performance.now();
  let result: unknown;
  let device: DeviceInfo | undefined;
  let resolve = () => {};
  let reject: (error: unknown) => void = () => {};
  const ended = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  const runner = new Runner(experiment, options.environment, {
    event(event) {
      if (event.type === 'result') result = event.value;
      options.onEvent?.(event);
    },
    state(report) {
      device = report.device ?? device;
      if (report.state === 'failed') reject(report.error ? reviveError(report.error) : new Error('the run failed'));
      if (report.state === 'finished' || (report.state === 'paused' && report.step > 0)) resolve();
    },
    lost: (notice) => options.log?.(`device lost (${notice.reason}); resuming from step ${notice.resumedFrom ?? 0}`),
    log: (message) => options.log?.(message),
  });
  const abort = () => {
    void runner.stop();
    reject(options.signal?.reason ?? new Error('stopped'));
  };
  if (options.signal?.aborted) abort();
  options.signal?.addEventListener('abort', abort, { once: true });
  ended.catch(() => undefined);
  await runner.start({
    config,
    device: options.device ?? 'auto',
    tune: options.tune,
    changes: options.changes,
    checkpoint: options.checkpoint,
    files: options.files ?? new Map(),
  });
  if (options.steps === undefined) runner.play();
  else runner.advance(options.steps);
  try {
    await ended;
  } finally {
    options.signal?.removeEventListener('abort', abort);
  }
  if (!device) throw new Error('the run ended without a device');
  return { result, config, device, steps: runner.step, seconds: (performance.now() - started) / 1000, runner };
}
