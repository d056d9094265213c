/**
 * Drives one experiment: pulls its generator, lets requests in between the pulls, resumes it after a lost device. Knows no
 * worker and no page; the host (in a worker or on the main thread), the command line and the tests all use this class.
 */

import type { DataSource } from '../../engine/data/source.ts';
import type { CheckpointEvent, LabEvent } from './events.ts';
import type { AnyExperiment, DeviceInfo, DevicePreference, RequestHandler, TuneMode } from './experiment.ts';
import { type SerializedError, serializeError } from './serialize-error.ts';

export type RunState = 'idle' | 'starting' | 'running' | 'paused' | 'finished' | 'failed';

/** What a run stands on: opened once per run, and again after a device is lost. */
export interface Environment {
  readonly data: DataSource;
  /** @throws NoWebGPUError and the like, shown to the reader as they are */
  open(preference: DevicePreference, tune?: TuneMode): Promise<DeviceInfo>;
  /** Told whether the run goes and is seen: else nothing may be measured. */
  attend?(attending: boolean): void;
  /** Destroys the open device, as a driver reset would: for tests of what a page does then. */
  lose?(): void;
}

export interface StartOptions {
  readonly config: Readonly<Record<string, unknown>>;
  readonly device?: DevicePreference;
  /** Whether variants of kernels are measured; default `off`. */
  readonly tune?: TuneMode | undefined;
  readonly checkpoint?: Uint8Array | undefined;
  readonly files?: ReadonlyMap<string, Uint8Array>;
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
  #checkpoint: CheckpointEvent | undefined;
  #device: DeviceInfo | undefined;
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

  /** The last checkpoint the experiment gave, or undefined. */
  get checkpoint(): CheckpointEvent | undefined {
    return this.#checkpoint;
  }

  /** Throws away the present run and prepares a new one, paused before its first step. */
  async start(options: StartOptions): Promise<void> {
    await this.stop();
    this.#options = options;
    this.#checkpoint = undefined;
    this.#error = undefined;
    this.#step = 0;
    this.#recoveries = 0;
    this.#lostAt = 0;
    this.#live = { ...options.config };
    this.#setState('starting');
    try {
      await this.#open(options.checkpoint);
      this.#setState('paused');
    } catch (error) {
      this.#fail(error);
    }
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

  /** Applies changed parameters that are `live`; others need a new start. */
  update(config: Readonly<Record<string, unknown>>): void {
    for (const [key, value] of Object.entries(config)) {
      if (this.#experiment.schema[key]?.live === 'live') this.#live[key] = value;
    }
  }

  /** Asks the experiment; see Context.serve. */
  request(name: string, payload: unknown): Promise<unknown> {
    return this.#exclusive(async () => {
      const handler = this.#handlers.get(name);
      if (!handler)
        throw new Error(`this run does not answer '${name}'${this.#state === 'idle' ? ': it has not started' : ' (yet)'}`);
      return await handler(payload);
    });
  }

  /** See Environment.lose. */
  loseDevice(): void {
    this.#environment.lose?.();
  }

  /** Ends the run and releases what it held. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.pause();
    await this.#exclusive(() => this.#close());
    if (this.#state !== 'idle') this.#setState('idle');
  }

  #want(steps: number): void {
    if (this.#state !== 'paused' && this.#state !== 'running') return;
    this.#wanted = steps;
    this.#attend();
    this.#wake?.();
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
    this.#abort = new AbortController();
    const preference = this.#options.device ?? 'auto';
    const small = preference === 'auto' && this.#experiment.device === 'small';
    this.#device = await this.#environment.open(small ? 'cpu' : preference, this.#options.tune);
    this.#handlers.clear();
    this.#generator = this.#experiment.run(this.#options.config, {
      data: this.#environment.data,
      device: this.#device,
      signal: this.#abort.signal,
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
    if (!this.#generator) return false;
    try {
      const { value, done } = await this.#generator.next();
      if (done) {
        this.#wanted = 0;
        this.#sink.event({ type: 'result', value });
        this.#setState('finished');
        return false;
      }
      if (value.type === 'step') this.#step = value.step;
      if (value.type === 'checkpoint') this.#checkpoint = { ...value, bytes: value.bytes.slice() };
      this.#sink.event(value);
      if (value.type !== 'step') return false;
      if (value.step > this.#lostAt + 1) this.#recoveries = 0;
      return true;
    } catch (error) {
      if (this.#abort.signal.aborted) return false;
      if (isLost(error) && this.#recoveries < maxRecoveries) await this.#recover(error);
      else this.#fail(error);
      return false;
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
    this.#sink.state({ state, step: this.#step, device: this.#device, error: state === 'failed' ? this.#error : undefined });
  }
}
