/**
 * Trains a network. `run()` is an asynchronous iterator of typed events: not pulling it pauses the training, pulling goes on, leaving
 * the loop stops it until `run()` is called again. Losses wait on the device and are read back without stalling the next steps.
 */
import type { RecordingDevice } from '../device/recording-device.ts';
import type { Network } from '../nn/network.ts';
import type { Optimiser } from '../optim/optimiser.ts';
import type { Generator as RandomGenerator } from '../random.ts';
import { applyCheckpoint, type Checkpoint, writeTrainerCheckpoint } from './checkpoint.ts';
import { ChunkQueue } from './chunks.ts';
import { planOf } from './config.ts';
import type { OpenData, TrainingData } from './data.ts';
import { diagnose } from './diagnose.ts';
import { type Evaluation, evaluation } from './evaluate.ts';
import type { TrainerEvent } from './events.ts';
import { type NetworkSnapshot, type Progress, restoreNetwork, snapshotNetwork } from './snapshot.ts';
import { TrainingState } from './state.ts';
import type { StepRunner } from './step.ts';
import { deviceOf, type Trainable } from './trainable.ts';
import type { Plan, TrainerConfig, TrainingRun } from './types.ts';

/** An event of a step, told to the callbacks when it happens and to the reader in turn. */
type ToldEvent = Extract<TrainerEvent, { readonly step: number }>;
type Interval = 'epoch' | 'never' | number;

/** @typeParam N the kind of network: from `buildNetwork`, or any module with `forward` and parameters (see `Trainable`) */
export class Trainer<N extends Trainable = Network> implements TrainingRun<N> {
  readonly config: TrainerConfig<N>;
  readonly plan: Plan;
  readonly #state: TrainingState<N>;
  readonly #chunks: ChunkQueue;
  #validation: OpenData | undefined;
  /** What has happened and was not yet told. */
  #events: ToldEvent[] = [];
  /** Evaluation, epoch's end, snapshot or checkpoint may be due before the next step. */
  #due = false;
  #epochSeconds = 0;
  #ended = false;

  /** @throws ConfigError naming the value that is wrong */
  constructor(config: TrainerConfig<N>) {
    this.config = config;
    this.plan = planOf(config);
    this.#state = new TrainingState(config, this.plan);
    // What computes at once gains nothing from steps ahead, and a changed learning rate counts from the very next step.
    const pace = deviceOf(this.#state.network).info.kind === 'webgpu' ? 'auto' : 1;
    this.#chunks = new ChunkQueue(config.lossEvery ?? pace);
  }

  /** The network in training; another object after `resume` on a new device. */
  get network(): N {
    return this.#state.network;
  }

  get optimiser(): Optimiser {
    return this.#state.optimiser;
  }

  /** Where the run stands: steps that have been dispatched, of which the last may not have been told yet. */
  get progress(): Readonly<Progress> {
    return this.#state.progress;
  }

  /** η₀ of the schedule; may be changed at any time. */
  get lr(): number {
    return this.#state.lr;
  }

  set lr(lr: number) {
    this.#state.lr = lr;
  }

  /** Dispatches and bytes of the recorded step, once there is one. */
  get recording(): StepRunner['recording'] {
    return this.#state.recording;
  }

  /** The generator of the transform's random numbers. */
  get transformGenerator(): RandomGenerator {
    return this.#state.runner.rng.generator;
  }

  get finished(): boolean {
    return this.#state.stopped !== undefined || this.progress.step >= this.plan.totalSteps;
  }

  /**
   * Trains on from where it stands.
   * @param options.steps at most so many steps now
   * @throws NonFiniteError naming the layer; DeviceLostError, after which `resume(device)` goes on
   */
  async *run(options: { steps?: number } = {}): AsyncGenerator<TrainerEvent, void> {
    const state = this.#state;
    const until = Math.min(this.plan.totalSteps, this.progress.step + (options.steps ?? Number.POSITIVE_INFINITY));
    if (!state.isOpen) {
      yield { type: 'phase', name: 'upload' };
      state.open();
      yield { type: 'phase', name: 'compile shaders' };
    }
    if (state.snapshot === undefined) await state.takeSnapshot();
    if (this.progress.step < until && state.runner.wantsTuning) {
      yield { type: 'phase', name: 'tune kernels' };
      await state.runner.tune();
    }
    if (this.progress.step < until) await state.runner.prepare();
    yield this.#training();
    // Where the reader left the loop last time.
    yield* this.#told();
    if (this.#due) yield* this.#afterBoundary();
    while (this.progress.step < until && this.#state.stopped === undefined) {
      const boundary = this.#boundary(until);
      this.#chunks.dispatch(state, boundary);
      this.#due = this.progress.step === boundary;
      while (!this.#due && this.#chunks.pending.length > this.#chunks.ahead) {
        await this.#deliver();
        yield* this.#told();
      }
      if (this.#due) yield* this.#afterBoundary();
    }
    if (this.finished) yield* this.#finish();
  }

  /** Takes steps and returns what happened. */
  async advance(steps = 1): Promise<TrainerEvent[]> {
    const events: TrainerEvent[] = [];
    for await (const event of this.run({ steps })) events.push(event);
    return events;
  }

  /** Ends the run after the steps that are under way. */
  stop(reason = 'stopped'): void {
    this.#state.stopped ??= reason;
  }

  /** Evaluates data with the trained loss; yields the share done. */
  async *evaluating(data: TrainingData = this.config.validation ?? this.config.data): AsyncGenerator<number, Evaluation> {
    const { loss, validation, evalBatchSize, evalTransform } = this.config;
    if (data === validation) this.#validation ??= data.open(deviceOf(this.network));
    return yield* evaluation(this.network, data, {
      loss,
      ...(evalBatchSize === undefined ? {} : { batchSize: evalBatchSize }),
      ...(evalTransform ? { transform: evalTransform } : {}),
      ...(data === validation && this.#validation ? { open: this.#validation } : {}),
    });
  }

  /** Evaluates data with the trained loss. */
  async evaluate(data?: TrainingData): Promise<Evaluation> {
    const steps = this.evaluating(data);
    for (;;) {
      const { done, value } = await steps.next();
      if (done) return value;
    }
  }

  /** The state after the last step taken, as a safetensors file: see checkpoint.ts. */
  async checkpoint(): Promise<Uint8Array<ArrayBuffer>> {
    return writeTrainerCheckpoint(this, await this.#state.capture(this.#chunks.pending));
  }

  /**
   * Goes on from a checkpoint of a run with the same network, data and order, as if it had not been interrupted.
   * @throws DataFormatError for a damaged file; ConfigError where the checkpoint belongs to another run
   */
  load(checkpoint: Checkpoint | Uint8Array): void {
    const resumption = applyCheckpoint(this, checkpoint);
    this.#forget();
    this.#state.forgetRates();
    this.#state.settle(resumption);
    this.#state.snapshot = undefined;
  }

  /** Goes on after a lost device, from the last snapshot. The network is built anew on `device`. */
  resume(device: RecordingDevice): void {
    // Steps up to the snapshot are not taken again: what they had to tell is told yet.
    const untold = this.#events.filter(({ step }) => step <= (this.#state.snapshot?.progress.step ?? 0));
    this.#forget();
    this.#events = untold;
    this.#validation?.dispose();
    this.#validation = undefined;
    this.#state.move(device);
  }

  /** Weights and running statistics on the host. */
  snapshotNetwork(): Promise<NetworkSnapshot> {
    return snapshotNetwork(this.network);
  }

  restoreNetwork(snapshot: NetworkSnapshot): void {
    restoreNetwork(this.network, snapshot);
  }

  /** Traces the step anew before the next one: call it after changing what a loss or transform function does. */
  invalidate(): void {
    this.#state.invalidate();
  }

  /** Releases everything but the network. */
  dispose(): void {
    this.#forget();
    this.#validation?.dispose();
    this.#validation = undefined;
    this.#state.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The next step after which something may be due. */
  #boundary(until: number): number {
    const { step, epoch } = this.progress;
    const { evalEvery, checkpointEvery, snapshotEvery, stepsPerEpoch } = this.plan;
    const next = (every: Interval) =>
      typeof every === 'number' ? (Math.floor(step / every) + 1) * every : Number.POSITIVE_INFINITY;
    const snapshot = step + Math.max(1, snapshotEvery - this.#state.sinceSnapshot);
    return Math.min(until, (epoch + 1) * stepsPerEpoch, next(evalEvery), next(checkpointEvery), snapshot);
  }

  #training(): TrainerEvent {
    return { type: 'phase', name: 'train', progress: this.progress.step / Math.max(1, this.plan.totalSteps) };
  }

  *#told(): IterableIterator<TrainerEvent> {
    for (let event = this.#events.shift(); event; event = this.#events.shift()) yield event;
  }

  /** Callbacks first, then the reader. */
  async #tell(event: ToldEvent): Promise<void> {
    this.#events.push(event);
    for (const callback of this.config.callbacks ?? []) {
      if ((await callback.onEvent?.(event, this)) === 'stop') this.stop(callback.name);
    }
  }

  /** Waits for the oldest chunk and has its steps told. */
  async #deliver(): Promise<void> {
    const { steps, losses, broken, seconds } = await this.#chunks.take();
    if (broken.length > 0 || !losses.every(Number.isFinite)) {
      // The steps before are told again when they are taken again.
      this.#forget();
      throw await diagnose(this.#state);
    }
    this.#epochSeconds += seconds;
    const { progress } = this.#state;
    for (const [i, { step, epoch, batch, lr }] of steps.entries()) {
      const loss = losses[i] as number;
      progress.lossSum += loss * batch;
      progress.lossCount += batch;
      await this.#tell({ type: 'step', step, total: this.plan.totalSteps, epoch, loss, lr });
    }
  }

  /** What is due where steps end. */
  async *#afterBoundary(): AsyncGenerator<TrainerEvent, void> {
    while (this.#chunks.pending.length > 0) {
      await this.#deliver();
      yield* this.#told();
    }
    const { plan } = this;
    const { progress } = this.#state;
    const { step, epoch } = progress;
    const epochEnded = progress.position === 0;
    const reached = (every: Interval) => (typeof every === 'number' ? step % every === 0 : every === 'epoch' && epochEnded);
    const validation = reached(plan.evalEvery) ? yield* this.#evaluated() : undefined;
    const found = validation ? { validation } : {};
    if (epochEnded) {
      const loss = progress.lossSum / progress.lossCount;
      const seconds = this.#epochSeconds;
      progress.lossSum = 0;
      progress.lossCount = 0;
      this.#epochSeconds = 0;
      await this.#tell({ type: 'epoch', epoch, step, loss, seconds, ...found });
    } else if (validation) await this.#tell({ type: 'evaluation', step, epoch: epoch + 1, validation });
    if (reached(plan.checkpointEvery)) await this.#tell({ type: 'checkpoint', step, bytes: await this.checkpoint() });
    // Last: what is due at a step is not due again for a run that goes on from there.
    if (this.#state.sinceSnapshot >= plan.snapshotEvery) await this.#state.takeSnapshot();
    this.#due = false;
    yield* this.#told();
  }

  async *#evaluated(): AsyncGenerator<TrainerEvent, Evaluation> {
    const steps = this.evaluating();
    for (;;) {
      const { done, value } = await steps.next();
      if (done) {
        yield this.#training();
        return value;
      }
      yield { type: 'phase', name: 'evaluate', progress: value };
    }
  }

  async *#finish(): AsyncGenerator<TrainerEvent, void> {
    while (this.#chunks.pending.length > 0) await this.#deliver();
    yield* this.#told();
    if (!this.#ended) for (const callback of this.config.callbacks ?? []) await callback.onEnd?.(this);
    this.#ended = true;
    const { step, epoch } = this.progress;
    yield { type: 'done', step, epoch, reason: this.#state.stopped ?? 'finished' };
  }

  /** Drops what is under way. */
  #forget(): void {
    this.#chunks.clear();
    this.#events = [];
    this.#due = false;
    this.#epochSeconds = 0;
    this.#ended = false;
  }
}
