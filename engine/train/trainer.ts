/**
 * Trains a network. `run()` is an asynchronous iterator of typed events: not pulling it pauses the training, pulling goes on, leaving
 * the loop stops it until `run()` is called again. Losses wait on the device and are read back without stalling the next steps.
 */
import type { RecordingDevice } from '../device/recording-device.ts';
import { NonFiniteError } from '../errors.ts';
import { scope } from '../memory.ts';
import { Network } from '../nn/network.ts';
import { createOptimiser, type Optimiser } from '../optim/optimiser.ts';
import { learningRate } from '../optim/schedules.ts';
import { Generator } from '../random.ts';
import { applyCheckpoint, type Checkpoint, writeTrainerCheckpoint } from './checkpoint.ts';
import { type Plan, planOf, type TrainerConfig } from './config.ts';
import type { OpenData } from './data.ts';
import { nonFiniteLayer, nonFiniteState } from './diagnose.ts';
import { type Evaluation, evaluation } from './evaluate.ts';
import type { TrainerEvent } from './events.ts';
import { type LossFunction, lossFunction } from './loss.ts';
import { type NetworkSnapshot, type Progress, restoreNetwork, snapshotNetwork, type TrainingSnapshot } from './snapshot.ts';
import { RING, StepRunner } from './step.ts';

/** Work to wait for between two read-backs, in milliseconds. */
const CHUNK_MS = 50;
/** How often to look for values that are not finite while nothing else is due. */
const CHECK_MS = 1000;

/** Steps whose losses are on their way. */
interface Chunk {
  readonly steps: readonly { readonly step: number; readonly epoch: number; readonly batch: number; readonly lr: number }[];
  readonly losses: Promise<Float32Array>;
  /** Parameters and statistics that are no longer finite: a ReLU hides that from the loss, where the GPU takes max(NaN, 0) for 0. */
  readonly broken: Promise<readonly string[]>;
  readonly startedAt: number;
}

export class Trainer {
  readonly config: TrainerConfig;
  readonly plan: Plan;
  readonly progress: Progress = { step: 0, epoch: 0, position: 0, lossSum: 0, lossCount: 0 };
  /** η₀ of the schedule; may be changed at any time. */
  lr: number;
  #network: Network;
  #optimiser: Optimiser;
  #runner: StepRunner | undefined;
  #validation: OpenData | undefined;
  readonly #loss: LossFunction;
  #orderOf = -1;
  #pending: Chunk[] = [];
  /** What has happened and was not yet told. */
  #events: TrainerEvent[] = [];
  /** Evaluation, epoch's end or checkpoint are due before the next step. */
  #due = false;
  #ended = false;
  #slot = 0;
  #chunkLength = 1;
  #timed = false;
  #checkedAt = 0;
  #snapshot: TrainingSnapshot | undefined;
  #snapshotAt = Number.NEGATIVE_INFINITY;
  /** Learning rates of the steps since the oldest snapshot that may be needed. */
  readonly #rates = new Map<number, number>();
  #epochSeconds = 0;
  #stopped: string | undefined;

  /** @throws ConfigError naming the value that is wrong */
  constructor(config: TrainerConfig) {
    this.config = config;
    this.plan = planOf(config);
    this.#network = config.network;
    this.#optimiser = createOptimiser(config.network, config.optimiser);
    this.#loss = lossFunction(config.loss);
    this.lr = this.#optimiser.config.lr;
  }

  /** The network in training; another object after `resume` on a new device. */
  get network(): Network {
    return this.#network;
  }

  get optimiser(): Optimiser {
    return this.#optimiser;
  }

  /** Dispatches and bytes of the recorded step, once there is one. */
  get recording(): StepRunner['recording'] {
    return this.#runner?.recording;
  }

  /** The generator of the transform's random numbers. */
  get transformGenerator(): Generator {
    return this.#open().rng.generator;
  }

  get finished(): boolean {
    return this.#stopped !== undefined || this.progress.step >= this.plan.totalSteps;
  }

  /**
   * Trains on from where it stands.
   * @param options.steps at most so many steps now
   * @throws NonFiniteError naming the layer; DeviceLostError, after which `resume(device)` goes on
   */
  async *run(options: { steps?: number } = {}): AsyncGenerator<TrainerEvent, void> {
    const until = Math.min(this.plan.totalSteps, this.progress.step + (options.steps ?? Number.POSITIVE_INFINITY));
    if (this.#runner === undefined) {
      yield { type: 'phase', name: 'upload' };
      this.#open();
      yield { type: 'phase', name: 'compile shaders' };
    }
    if (this.#snapshot === undefined) await this.#takeSnapshot();
    yield this.#training();
    // Where the reader left the loop last time.
    yield* this.#told();
    while (this.#due && this.#pending.length > 0) {
      await this.#deliver();
      yield* this.#told();
    }
    if (this.#due) yield* this.#afterBoundary();
    while (this.progress.step < until && this.#stopped === undefined) {
      const boundary = this.#boundary(until);
      this.#dispatch(boundary);
      this.#due = this.progress.step === boundary;
      // One chunk computes while the losses of the one before it travel.
      const ahead = this.#due || this.#chunkLength === 1 ? 0 : 1;
      while (this.#pending.length > ahead) {
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
    this.#stopped ??= reason;
  }

  /** Evaluates data with the trained loss; yields the share done. */
  async *evaluating(data = this.config.validation ?? this.config.data): AsyncGenerator<number, Evaluation> {
    if (data === this.config.validation) this.#validation ??= data.open(this.#network.device);
    return yield* evaluation(this.#network, data, {
      loss: this.config.loss,
      ...(this.config.evalBatchSize === undefined ? {} : { batchSize: this.config.evalBatchSize }),
      ...(data === this.config.validation && this.#validation ? { open: this.#validation } : {}),
    });
  }

  /** Evaluates data with the trained loss. */
  async evaluate(data?: TrainerConfig['data']): Promise<Evaluation> {
    const steps = this.evaluating(data);
    for (;;) {
      const { done, value } = await steps.next();
      if (done) return value;
    }
  }

  /** The state after the last step taken, as a safetensors file: see checkpoint.ts. */
  async checkpoint(): Promise<Uint8Array<ArrayBuffer>> {
    return writeTrainerCheckpoint(this, await this.#state());
  }

  /**
   * Goes on from a checkpoint of a run with the same network, data and order, as if it had not been interrupted.
   * @throws DataFormatError for a damaged file; ConfigError where the checkpoint belongs to another run
   */
  load(checkpoint: Checkpoint | Uint8Array): void {
    const { progress, dropoutStep, transformStep, lr } = applyCheckpoint(this, checkpoint);
    this.#forget();
    this.#rates.clear();
    this.#settle(progress, dropoutStep, transformStep, lr);
    this.#snapshot = undefined;
  }

  /** Goes on after a lost device, from the last snapshot. The network is built anew on `device`. */
  resume(device: RecordingDevice): void {
    const old = this.#network;
    const network = new Network(old.definition, old.inputShape, device, old.rng.generator.seed);
    const learning = old.parameters().map((parameter) => parameter.requiresGrad);
    network.parameters().forEach((parameter, index) => {
      parameter.requiresGrad = learning[index] ?? true;
    });
    this.#forget();
    this.#runner?.dispose();
    this.#validation?.dispose();
    this.#runner = undefined;
    this.#validation = undefined;
    this.#optimiser.dispose();
    old.dispose();
    this.#network = network;
    this.#optimiser = createOptimiser(network, this.config.optimiser);
    if (this.#snapshot) this.#restore(this.#snapshot);
  }

  /** Weights and running statistics on the host. */
  snapshotNetwork(): Promise<NetworkSnapshot> {
    return snapshotNetwork(this.#network);
  }

  restoreNetwork(snapshot: NetworkSnapshot): void {
    restoreNetwork(this.#network, snapshot);
  }

  /** Traces the step anew before the next one: call it after changing what a loss or transform function does. */
  invalidate(): void {
    this.#runner?.invalidate();
  }

  /** Releases everything but the network. */
  dispose(): void {
    this.#forget();
    this.#runner?.dispose();
    this.#validation?.dispose();
    this.#optimiser.dispose();
    this.#runner = undefined;
    this.#validation = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #open(): StepRunner {
    const { config, plan } = this;
    this.#runner ??= new StepRunner({
      network: this.#network,
      optimiser: this.#optimiser,
      data: config.data.open(this.#network.device),
      samples: config.data.count,
      loss: this.#loss,
      transform: config.transform,
      seed: plan.seed,
      mode: config.mode ?? 'recorded',
      batchSize: plan.batchSize,
    });
    return this.#runner;
  }

  /** The next step after which something must be done before going on. */
  #boundary(until: number): number {
    const { step, epoch } = this.progress;
    const { evalEvery, checkpointEvery, snapshotEvery, stepsPerEpoch } = this.plan;
    const next = (every: 'epoch' | 'never' | number) =>
      typeof every === 'number' ? (Math.floor(step / every) + 1) * every : Number.POSITIVE_INFINITY;
    return Math.min(until, (epoch + 1) * stepsPerEpoch, next(evalEvery), next(checkpointEvery), this.#snapshotAt + snapshotEvery);
  }

  #dispatch(boundary: number): void {
    const length = Math.max(1, Math.min(this.#chunkLength, boundary - this.progress.step, RING / 2));
    const startedAt = performance.now();
    const first = this.#slot;
    const steps = Array.from({ length }, (_, i) => this.#step(first + i));
    const losses = (this.#runner as StepRunner).losses(first, length);
    // Seen when the chunk is delivered; until then nobody else may be told.
    losses.catch(() => {});
    const check = this.#checkedAt + CHECK_MS < startedAt || this.progress.step === boundary;
    if (check) this.#checkedAt = startedAt;
    const broken = check ? nonFiniteState(this.#network) : Promise.resolve([]);
    broken.catch(() => {});
    this.#pending.push({ steps, losses, broken, startedAt });
    this.#slot = first === 0 ? RING / 2 : 0;
  }

  /** Puts the order of the current epoch on the device. It depends on seed and epoch alone, so that a resumed run has the same. */
  #arrange(): void {
    const { epoch } = this.progress;
    if (this.#orderOf === epoch) return;
    const { count } = this.config.data;
    const { seed, shuffle } = this.plan;
    const order = shuffle
      ? new Generator(seed, 'order', epoch).permutation(count)
      : Uint32Array.from({ length: count }, (_, i) => i);
    this.#open().setOrder(order);
    this.#orderOf = epoch;
  }

  /** Enqueues the next step. */
  #step(slot: number): Chunk['steps'][number] {
    const { progress, plan, config } = this;
    const runner = this.#open();
    this.#arrange();
    if (config.resetOptimiser && progress.position === 0) this.#optimiser.reset();
    const batch = Math.min(plan.batchSize, config.data.count - progress.position);
    const lr = this.#rates.get(progress.step) ?? learningRate(config.schedule ?? { type: 'constant' }, this.lr, progress);
    this.#rates.set(progress.step, lr);
    this.#optimiser.lr = lr;
    runner.run(progress.position, batch, slot);
    progress.step++;
    progress.position += batch;
    const taken = { step: progress.step, epoch: progress.epoch + 1, batch, lr };
    if (progress.step === (progress.epoch + 1) * plan.stepsPerEpoch) {
      progress.epoch++;
      progress.position = 0;
    }
    return taken;
  }

  #training(): TrainerEvent {
    return { type: 'phase', name: 'train', progress: this.progress.step / Math.max(1, this.plan.totalSteps) };
  }

  *#told(): IterableIterator<TrainerEvent> {
    for (let event = this.#events.shift(); event; event = this.#events.shift()) yield event;
  }

  /** Waits for the oldest chunk and has its steps told. */
  async #deliver(): Promise<void> {
    const chunk = this.#pending[0] as Chunk;
    const [losses, broken] = await Promise.all([chunk.losses, chunk.broken]);
    this.#pending.shift();
    if (broken.length > 0) throw await this.#diagnose();
    const took = performance.now() - chunk.startedAt;
    this.#epochSeconds += took / 1000;
    // The first chunk compiles; it says nothing about the speed.
    if (this.#timed) this.#adapt(took / chunk.steps.length);
    this.#timed = true;
    for (const [i, { step, epoch, batch, lr }] of chunk.steps.entries()) {
      const loss = losses[i] as number;
      if (!Number.isFinite(loss)) throw await this.#diagnose();
      this.progress.lossSum += loss * batch;
      this.progress.lossCount += batch;
      await this.#tell({ type: 'step', step, total: this.plan.totalSteps, epoch, loss, lr });
    }
  }

  #adapt(milliseconds: number): void {
    const { lossEvery = 'auto' } = this.config;
    const wanted = lossEvery === 'auto' ? Math.floor(CHUNK_MS / Math.max(milliseconds, 0.01)) : lossEvery;
    this.#chunkLength = Math.max(1, Math.min(wanted, RING / 2, lossEvery === 'auto' ? 2 * this.#chunkLength : wanted));
  }

  /** What is due where steps end. Everything dispatched has been delivered. */
  async *#afterBoundary(): AsyncGenerator<TrainerEvent, void> {
    const { progress, plan } = this;
    const { step } = progress;
    const epochEnded = progress.position === 0;
    const reached = (every: 'epoch' | 'never' | number) =>
      typeof every === 'number' ? step % every === 0 : every === 'epoch' && epochEnded;
    const validation = reached(plan.evalEvery) ? yield* this.#evaluated() : undefined;
    const found = validation ? { validation } : {};
    if (epochEnded) {
      const { lossSum, lossCount, epoch } = progress;
      const seconds = this.#epochSeconds;
      progress.lossSum = 0;
      progress.lossCount = 0;
      this.#epochSeconds = 0;
      await this.#tell({ type: 'epoch', epoch, step, loss: lossSum / lossCount, seconds, ...found });
    } else if (validation) await this.#tell({ type: 'evaluation', step, epoch: progress.epoch + 1, validation });
    if (step - this.#snapshotAt >= plan.snapshotEvery) await this.#takeSnapshot();
    if (reached(plan.checkpointEvery)) await this.#tell({ type: 'checkpoint', step, bytes: await this.checkpoint() });
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

  /** Callbacks first, then the reader. */
  async #tell(event: TrainerEvent): Promise<void> {
    this.#events.push(event);
    for (const callback of this.config.callbacks ?? []) {
      if ((await callback.onEvent?.(event, this)) === 'stop') this.stop(callback.name);
    }
  }

  async *#finish(): AsyncGenerator<TrainerEvent, void> {
    while (this.#pending.length > 0) await this.#deliver();
    yield* this.#told();
    if (!this.#ended) for (const callback of this.config.callbacks ?? []) await callback.onEnd?.(this);
    this.#ended = true;
    const { step, epoch } = this.progress;
    yield { type: 'done', step, epoch, reason: this.#stopped ?? 'finished' };
  }

  /** The whole state after the last step taken, with the losses that are still on their way. */
  async #state(): Promise<TrainingSnapshot> {
    const progress = { ...this.progress };
    const generators = {
      dropoutStep: this.#network.rng.generator.step,
      transformStep: this.#open().rng.generator.step,
      lr: this.lr,
    };
    const state = Promise.all([snapshotNetwork(this.#network), this.#optimiser.snapshot()]);
    for (const { steps, losses } of [...this.#pending]) {
      const values = await losses;
      steps.forEach(({ batch }, i) => {
        progress.lossSum += (values[i] as number) * batch;
        progress.lossCount += batch;
      });
    }
    const [network, optimiser] = await state;
    return { progress, network, optimiser, ...generators };
  }

  async #takeSnapshot(): Promise<void> {
    this.#open();
    this.#snapshotAt = this.progress.step;
    const snapshot = await this.#state();
    this.#snapshot = snapshot;
    for (const step of this.#rates.keys()) if (step < snapshot.progress.step) this.#rates.delete(step);
  }

  #restore(snapshot: TrainingSnapshot): void {
    restoreNetwork(this.#network, snapshot.network);
    this.#optimiser.restore(snapshot.optimiser);
    this.#settle(snapshot.progress, snapshot.dropoutStep, snapshot.transformStep, snapshot.lr);
    this.#snapshot = snapshot;
    this.#snapshotAt = snapshot.progress.step;
  }

  #settle(progress: Readonly<Progress>, dropoutStep: number, transformStep: number, lr: number): void {
    this.#network.rng.generator.step = dropoutStep;
    this.#open().rng.generator.step = transformStep;
    Object.assign(this.progress, progress);
    this.lr = lr;
    this.#stopped = undefined;
    this.#ended = false;
  }

  /** Drops what is under way. */
  #forget(): void {
    this.#pending = [];
    this.#events = [];
    this.#due = false;
    this.#timed = false;
    this.#orderOf = -1;
    this.#chunkLength = 1;
    this.#epochSeconds = 0;
    this.#slot = 0;
  }

  /**
   * Goes back to the last snapshot, takes its steps again one by one until something is no longer finite, and finds out what it was
   * first. Stays at the snapshot.
   */
  async #diagnose(): Promise<NonFiniteError> {
    const snapshot = this.#snapshot as TrainingSnapshot;
    const last = this.progress.step;
    this.#forget();
    this.#restore(snapshot);
    let broken: string | undefined;
    let step = snapshot.progress.step;
    for (; step < last && broken === undefined; step++) {
      this.#step(0);
      const [[loss], state] = await Promise.all([this.#open().losses(0, 1), nonFiniteState(this.#network)]);
      broken = state[0] ?? (Number.isFinite(loss) ? undefined : 'loss');
    }
    const at = step - 1;
    this.#orderOf = -1;
    this.#restore(snapshot);
    while (this.progress.step < at) this.#step(0);
    const layer = await this.#inspect();
    this.#orderOf = -1;
    this.#restore(snapshot);
    // Whoever goes on will want another learning rate.
    this.#rates.clear();
    return new NonFiniteError(layer ?? broken ?? 'loss', at);
  }

  /** What is not finite in the forward pass of the next step. */
  async #inspect(): Promise<string | undefined> {
    const { position } = this.progress;
    this.#arrange();
    const size = Math.min(this.plan.batchSize, this.config.data.count - position);
    const batch = scope(() => this.#open().batch(position, size));
    try {
      return await nonFiniteLayer(this.#network.train(), batch, this.#loss);
    } finally {
      batch.inputs.dispose();
      batch.targets.dispose();
    }
  }
}
