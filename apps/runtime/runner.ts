/**
 * Drives one experiment: pulls its generator, lets requests in between the pulls, resumes it after a lost device. Knows no
 * worker and no page; the host (in a worker or on the main thread), the command line and the tests all use this class.
 */

import { isLarge } from './device-wishes.ts';
import type { Environment, OpenDevice } from './environment.ts';
import type { CheckpointEvent, LabEvent } from './events.ts';
import type { AnyExperiment, DeviceInfo, DevicePreference, GivenFiles, RequestHandler, TuneMode } from './experiment.ts';
import { type SerializedError, serializeError } from './serialize-error.ts';
import { sameValue } from './values.ts';

export type RunState = 'idle' | 'starting' | 'running' | 'paused' | 'finished' | 'failed';

type Config = Readonly<Record<string, unknown>>;

/** Live parameters that were changed while a run went on: after this step they have these values. */
export interface Change {
  /** Steps that were done; 0: before the first. */
  readonly step: number;
  readonly values: Config;
}

export interface StartOptions {
  readonly config: Config;
  /** Changes of live parameters to make on the way: repeats a run whose reader moved its controls. */
  readonly changes?: readonly Change[] | undefined;
  readonly device?: DevicePreference;
  /** Whether variants of kernels are measured; default `off`. */
  readonly tune?: TuneMode | undefined;
  readonly checkpoint?: Uint8Array | undefined;
  readonly files?: GivenFiles | undefined;
  /** Steps to take at once, Infinity to play; default: none, it waits for `play` or `advance`. */
  readonly wanted?: number | undefined;
}

export interface StateReport {
  readonly state: RunState;
  readonly step: number;
  readonly device?: DeviceInfo | undefined;
  readonly error?: SerializedError | undefined;
}

/** The device went away during a run. `resumedFrom` is the step of the checkpoint that the run goes on from; absent: anew. */
export interface LostNotice {
  readonly reason: string;
  readonly resumedFrom: number | undefined;
}

export interface RunnerSink {
  event(event: LabEvent): void;
  state(report: StateReport): void;
  lost?(notice: LostNotice): void;
  /** The run answers this question from now on. */
  serves?(name: string): void;
  /** Live parameters have changed, as `update` wished. @param ended the run had ended: nothing of it was made with them */
  changed?(change: Change, ended: boolean): void;
  log?(message: string): void;
  /** Resolves when the consumer can take more: awaited before every pull. */
  ready?(): Promise<void> | undefined;
}

/** So often in a row a run comes back after losing its device; then it fails. */
const maxRecoveries = 3;

/** Lets messages, timers and painting have their turn; unlike a timer it costs microseconds. */
const nextTask: () => Promise<void> = (() => {
  if (typeof setImmediate === 'function') return () => new Promise((resolve) => setImmediate(resolve));
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      port2.postMessage(null);
    });
})();

/** An answer that is being computed when its run is stopped has so many milliseconds left. */
const grace = 1000;

/** Rejects some time after the run was stopped: an answer that takes for ever must not keep the next run waiting. */
function endOf(signal: AbortSignal): { readonly promise: Promise<never>; forget(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wait = () => {};
  const promise = new Promise<never>((_, reject) => {
    wait = () => {
      timer = setTimeout(() => reject(new Error('The run has ended before it answered.')), grace);
    };
    if (signal.aborted) wait();
    else signal.addEventListener('abort', wait, { once: true });
  });
  promise.catch(() => undefined);
  return {
    promise,
    forget() {
      clearTimeout(timer);
      signal.removeEventListener('abort', wait);
    },
  };
}

/** By code, as a bundler shortens the names of classes. */
const isLost = (error: unknown): error is Error => error instanceof Error && (error as { code?: unknown }).code === 'DEVICE_LOST';

export class Runner {
  readonly #experiment: AnyExperiment;
  readonly #environment: Environment;
  readonly #sink: RunnerSink;
  readonly #handlers = new Map<string, RequestHandler>();
  #cleanups: (() => void)[] = [];
  #state: RunState = 'idle';
  #generator: AsyncGenerator<LabEvent, unknown, void> | undefined;
  #abort = new AbortController();
  #options: StartOptions = { config: {} };
  #live: Record<string, unknown> = {};
  /** Changes that wait for the end of the step in progress, so that a step is made with one set of values and can be repeated. */
  #waiting: Record<string, unknown> = {};
  /** No step is in progress: nothing has been pulled yet, or a step was pulled last, or the run has ended. */
  #between = true;
  /** The experiment is at work: on a step, or on an answer. */
  #busy = false;
  #checkpoint: CheckpointEvent | undefined;
  #device: OpenDevice | undefined;
  #error: SerializedError | undefined;
  #step = 0;
  #recoveries = 0;
  /** Step at which the device was last lost: only getting past it counts as having recovered. */
  #lostAt = 0;
  /** Steps still wanted; Infinity while playing. */
  #wanted = 0;
  #seen = true;
  #stepsPerSecond = Number.POSITIVE_INFINITY;
  #nextStepAt = 0;
  #looping: Promise<void> | undefined;
  #opening: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  /** Pulls and requests form one queue, so that a handler never runs inside a step. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(experiment: AnyExperiment, environment: Environment, sink: RunnerSink) {
    this.#experiment = experiment;
    this.#environment = environment;
    this.#sink = sink;
  }

  get state(): RunState {
    return this.#state;
  }

  /** Steps done. */
  get step(): number {
    return this.#step;
  }

  /** The last checkpoint that the experiment gave to go on from, or undefined. */
  get checkpoint(): CheckpointEvent | undefined {
    return this.#checkpoint;
  }

  /**
   * Throws away the present run and prepares a new one. It is paused before its first step unless `play` or `advance` was called
   * meanwhile; a `stop` that comes meanwhile ends it before it has begun.
   */
  async start(options: StartOptions): Promise<void> {
    if (this.#state !== 'idle') await this.stop();
    this.#opening = this.#begin(options);
    await this.#opening;
    this.#opening = undefined;
  }

  async #begin(options: StartOptions): Promise<void> {
    this.#options = options;
    this.#checkpoint = undefined;
    this.#error = undefined;
    this.#step = 0;
    this.#recoveries = 0;
    this.#lostAt = 0;
    this.#live = { ...options.config };
    if (options.wanted) {
      this.#wanted = options.wanted;
      this.#attend();
    }
    this.#setState('starting');
    // What came before the start is a change only where it differs from what the run starts with.
    const waiting = this.#waiting;
    this.#waiting = {};
    this.#between = true;
    this.update(waiting);
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    try {
      await this.#open(options.checkpoint);
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
      return;
    }
    if (signal.aborted) return;
    this.#repeatChanges(0);
    if (this.#wanted > 0) this.#go();
    else this.#setState('paused');
  }

  play(): void {
    this.#want(Number.POSITIVE_INFINITY);
  }

  /** Runs until `count` more step events. */
  advance(count: number): void {
    this.#want(Math.max(1, Math.floor(count)));
  }

  /** Ends within the step in progress. Resolves when nothing runs any more. */
  async pause(): Promise<void> {
    this.#wanted = 0;
    this.#attend();
    this.#wake?.();
    await this.#looping;
  }

  /** A run may go on in a hidden tab, but is throttled there. */
  setSeen(seen: boolean): void {
    this.#seen = seen;
    this.#attend();
  }

  /** Infinity: as fast as it goes. */
  setSpeed(stepsPerSecond: number): void {
    this.#stepsPerSecond = stepsPerSecond;
    this.#nextStepAt = 0;
    this.#wake?.();
  }

  /** Applies changed parameters that are `live`, at the latest after the step in progress; before the start, with it. Others need a new start. */
  update(config: Config): void {
    for (const [key, value] of Object.entries(config)) {
      const parameter = this.#experiment.schema[key];
      if (parameter?.live !== 'live') continue;
      if (this.#state !== 'idle' && sameValue(parameter, value, this.#live[key])) delete this.#waiting[key];
      else this.#waiting[key] = value;
    }
    if (this.#state !== 'idle' && this.#between && !this.#busy) this.#applyWaiting();
  }

  #rest(): void {
    this.#busy = false;
    if (this.#between) this.#applyWaiting();
  }

  #applyWaiting(): void {
    const values = this.#waiting;
    if (Object.keys(values).length === 0) return;
    this.#waiting = {};
    Object.assign(this.#live, values);
    this.#sink.changed?.({ step: this.#step, values }, this.#state === 'finished' || this.#state === 'failed');
  }

  /** The changes of the run that this one repeats. */
  #repeatChanges(step: number): void {
    for (const change of this.#options.changes ?? []) if (change.step === step) Object.assign(this.#live, change.values);
  }

  /** Asks the experiment; see Context.serve. The answer is made with the newest values of live parameters, also within a step. */
  request(name: string, payload: unknown): Promise<unknown> {
    return this.#exclusive(async () => {
      const handler = this.#handlers.get(name);
      if (!handler)
        throw new Error(`this run does not answer '${name}'${this.#state === 'idle' ? ': it has not started' : ' (yet)'}`);
      const before = { ...this.#live };
      Object.assign(this.#live, this.#waiting);
      this.#busy = true;
      const ended = endOf(this.#abort.signal);
      try {
        return await Promise.race([this.#compute(() => handler(payload)), ended.promise]);
      } finally {
        ended.forget();
        Object.assign(this.#live, before);
        this.#rest();
      }
    });
  }

  /** See OpenDevice.lose. */
  loseDevice(): void {
    this.#device?.lose?.();
  }

  /** Ends the run and releases what it held. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.pause();
    await this.#opening;
    await this.#exclusive(() => this.#close());
    this.#waiting = {};
    if (this.#state !== 'idle') this.#setState('idle');
  }

  #want(steps: number): void {
    if (this.#state === 'finished' || this.#state === 'failed') return;
    this.#wanted = steps;
    this.#attend();
    this.#wake?.();
    // Before the start and during it the wish is kept.
    if (this.#state === 'paused' || this.#state === 'running') this.#go();
  }

  #go(): void {
    if (!this.#looping) {
      this.#looping = this.#loop().finally(() => {
        this.#looping = undefined;
      });
    }
  }

  #attend(): void {
    this.#environment.attend?.(this.#seen && this.#wanted > 0);
  }

  async #open(checkpoint: Uint8Array | undefined): Promise<void> {
    const { signal } = this.#abort;
    const preference = this.#options.device ?? 'auto';
    const small = preference === 'auto' && this.#experiment.device === 'small';
    this.#device = await this.#environment.open(
      small ? 'cpu' : preference,
      this.#options.tune,
      isLarge(this.#experiment, this.#options.config),
    );
    // Stopped meanwhile: the experiment is not even begun.
    if (signal.aborted) return;
    this.#handlers.clear();
    const { info, kernels } = this.#device;
    if (kernels) {
      this.#handlers.set('kernels', () => kernels());
      this.#sink.serves?.('kernels');
    }
    this.#between = true;
    this.#generator = this.#experiment.run(this.#options.config, {
      data: this.#environment.data,
      device: info,
      signal,
      live: this.#live,
      checkpoint,
      files: this.#options.files ?? new Map(),
      serve: (name: string, handler: RequestHandler) => {
        this.#handlers.set(name, handler);
        this.#sink.serves?.(name);
      },
      onDispose: (callback: () => void) => {
        this.#cleanups.push(callback);
      },
      log: (message: string) => this.#sink.log?.(message),
    });
  }

  async #close(): Promise<void> {
    const generator = this.#generator;
    this.#generator = undefined;
    this.#handlers.clear();
    try {
      await generator?.return(undefined);
    } catch (error) {
      this.#sink.log?.(`while stopping: ${error}`);
    }
    for (const cleanup of this.#cleanups.splice(0).reverse()) {
      try {
        cleanup();
      } catch (error) {
        this.#sink.log?.(`while cleaning up: ${error}`);
      }
    }
  }

  /** Pulls and answers: all that makes tensors. */
  async #compute<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#device?.compute ? this.#device.compute(work) : work();
  }

  #exclusive<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #loop(): Promise<void> {
    this.#setState('running');
    let lastTask = performance.now();
    while (this.#wanted > 0) {
      await this.#sink.ready?.();
      if (this.#wanted <= 0) break;
      const stepped = await this.#exclusive(() => this.#pull());
      if (this.#state !== 'running') return;
      if (stepped) {
        this.#wanted -= 1;
        await this.#keepPace();
      }
      if (stepped || performance.now() - lastTask > 8) {
        await nextTask();
        lastTask = performance.now();
      }
    }
    if (this.#state === 'running') this.#setState('paused');
  }

  /** One event of the experiment. @returns whether it was a step */
  async #pull(): Promise<boolean> {
    const generator = this.#generator;
    if (!generator) return false;
    try {
      this.#busy = true;
      const { value, done } = await this.#compute(() => generator.next());
      if (done) {
        this.#wanted = 0;
        this.#between = true;
        this.#sink.event({ type: 'result', value });
        this.#setState('finished');
        return false;
      }
      this.#between = value.type === 'step';
      if (value.type === 'step') this.#step = value.step;
      if (value.type === 'checkpoint' && value.name === (this.#experiment.resumes ?? value.name))
        this.#checkpoint = { ...value, bytes: value.bytes.slice() };
      this.#sink.event(value);
      if (value.type !== 'step') return false;
      if (value.step > this.#lostAt + 1) this.#recoveries = 0;
      this.#repeatChanges(value.step);
      return true;
    } catch (error) {
      if (this.#abort.signal.aborted) return false;
      if (isLost(error) && this.#recoveries < maxRecoveries) await this.#recover(error);
      else this.#fail(error);
      return false;
    } finally {
      this.#rest();
    }
  }

  async #recover(error: Error): Promise<void> {
    this.#recoveries += 1;
    this.#lostAt = this.#step;
    const reason = (error as { reason?: string }).reason ?? error.message;
    this.#sink.lost?.({ reason, resumedFrom: this.#checkpoint?.step });
    await this.#close();
    this.#step = this.#checkpoint?.step ?? 0;
    try {
      await this.#open(this.#checkpoint?.bytes ?? this.#options.checkpoint);
      this.#setState('running');
    } catch (again) {
      this.#fail(again);
    }
  }

  /** Waits so that steps come at the wanted speed; a change of mind ends the wait. */
  async #keepPace(): Promise<void> {
    if (!Number.isFinite(this.#stepsPerSecond) || this.#wanted <= 0) return;
    const now = performance.now();
    this.#nextStepAt = Math.max(now, this.#nextStepAt + 1000 / this.#stepsPerSecond);
    if (this.#nextStepAt - now < 1) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#nextStepAt - now);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }

  #fail(error: unknown): void {
    this.#wanted = 0;
    this.#error = serializeError(error);
    this.#setState('failed');
  }

  #setState(state: RunState): void {
    this.#state = state;
    this.#sink.state({
      state,
      step: this.#step,
      device: this.#device?.info,
      error: state === 'failed' ? this.#error : undefined,
    });
  }
}
