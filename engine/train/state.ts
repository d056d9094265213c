/** What a training run consists of, and how it takes a step, is copied to the host and put back. */
import type { RecordingDevice } from '../device/recording-device.ts';
import { scope } from '../memory.ts';
import { Network } from '../nn/network.ts';
import type { OptimiserConfig } from '../optim/config.ts';
import { createOptimiser, type Optimiser } from '../optim/optimiser.ts';
import { learningRate } from '../optim/schedules.ts';
import { Generator } from '../random.ts';
import type { Batch } from './data.ts';
import { type LossFunction, lossFunction } from './loss.ts';
import { type Progress, restoreNetwork, snapshotNetwork, type TrainingSnapshot } from './snapshot.ts';
import { StepRunner } from './step.ts';
import { deviceOf, dropoutOf, requireDefined, type Trainable } from './trainable.ts';
import type { CallbackState, Plan, TrainerConfig } from './types.ts';

/** A step that has been enqueued. Steps and epochs count from 1. */
export interface TakenStep {
  readonly step: number;
  readonly epoch: number;
  readonly batch: number;
  readonly lr: number;
}

/** A place to go back to: what happened after it is told to the callbacks once more. */
interface ReturnPoint extends TrainingSnapshot {
  readonly callbacks: readonly (CallbackState | undefined)[];
}

/** A network says which parameters are weights; of a module, all are. */
function optimiserOf(network: Trainable, config: OptimiserConfig): Optimiser {
  return createOptimiser(network instanceof Network ? network : network.parameters(), config);
}

export class TrainingState<N extends Trainable = Network> {
  readonly config: TrainerConfig<N>;
  readonly plan: Plan;
  readonly loss: LossFunction<N>;
  readonly progress: Progress = { step: 0, epoch: 0, position: 0, lossSum: 0, lossCount: 0 };
  /** η₀ of the schedule. */
  lr: number;
  /** Why the run ends before its last step. */
  stopped: string | undefined;
  /** From which a lost device or a diagnosis starts. */
  snapshot: ReturnPoint | undefined;
  network: N;
  optimiser: Optimiser;
  /** Learning rates since the snapshot, for taking its steps again. */
  readonly #rates = new Map<number, number>();
  #runner: StepRunner<N> | undefined;
  #orderOf = -1;

  constructor(config: TrainerConfig<N>, plan: Plan) {
    this.config = config;
    this.plan = plan;
    this.loss = lossFunction(config.loss);
    this.network = config.network;
    this.optimiser = optimiserOf(config.network, config.optimiser);
    this.lr = this.optimiser.config.lr;
  }

  get isOpen(): boolean {
    return this.#runner !== undefined;
  }

  /** What runs steps, with the data on the device. */
  get runner(): StepRunner<N> {
    return this.open();
  }

  /** Puts the data on the device, unless they are there. */
  open(): StepRunner<N> {
    const { config, plan } = this;
    this.#runner ??= new StepRunner({
      network: this.network,
      optimiser: this.optimiser,
      data: config.data.open(deviceOf(this.network)),
      samples: config.data.count,
      loss: this.loss,
      transform: config.transform,
      seed: plan.seed,
      mode: config.mode ?? 'recorded',
      batchSize: plan.batchSize,
      tune: config.tune,
    });
    return this.#runner;
  }

  get recording(): StepRunner['recording'] {
    return this.#runner?.recording;
  }

  /** Steps since the snapshot. */
  get sinceSnapshot(): number {
    return this.progress.step - (this.snapshot?.progress.step ?? Number.NEGATIVE_INFINITY);
  }

  /** Enqueues the next step, its loss to `slot` of the ring. */
  step(slot: number): TakenStep {
    const { progress, plan, config } = this;
    this.#arrange();
    if (config.resetOptimiser && progress.position === 0) this.optimiser.reset();
    const batch = this.#nextBatch();
    const lr = this.#rates.get(progress.step) ?? learningRate(config.schedule ?? { type: 'constant' }, this.lr, progress);
    this.#rates.set(progress.step, lr);
    this.optimiser.lr = lr;
    this.runner.run(progress.position, batch, slot);
    progress.step++;
    progress.position += batch;
    const taken = { step: progress.step, epoch: progress.epoch + 1, batch, lr };
    if (progress.step === (progress.epoch + 1) * plan.stepsPerEpoch) {
      progress.epoch++;
      progress.position = 0;
    }
    return taken;
  }

  /** The batch of the next step as the network will see it. */
  peek(): Batch {
    this.#arrange();
    return scope(() => this.runner.batch(this.progress.position, this.#nextBatch()));
  }

  /**
   * Copies everything to the host. The copies are enqueued at once: later steps do not change them.
   * @param pending losses that are not counted yet, with the batch sizes of their steps
   */
  async capture(
    pending: readonly { steps: readonly TakenStep[]; losses: Promise<Float32Array> }[] = [],
  ): Promise<TrainingSnapshot> {
    const progress = { ...this.progress };
    const dropoutStep = dropoutOf(this.network)?.generator.step ?? 0;
    const transformStep = this.runner.rng.generator.step;
    const { lr, stopped } = this;
    const copies = Promise.all([snapshotNetwork(this.network), this.optimiser.snapshot()]);
    for (const { steps, losses } of pending) {
      const values = await losses;
      for (const [i, { batch }] of steps.entries()) {
        progress.lossSum += (values[i] as number) * batch;
        progress.lossCount += batch;
      }
    }
    const [network, optimiser] = await copies;
    return { progress, network, optimiser, dropoutStep, transformStep, lr, stopped };
  }

  /** Keeps a copy as the snapshot. */
  async takeSnapshot(): Promise<void> {
    // A callback may go on with what it gave, so that must be a copy.
    const callbacks = (this.config.callbacks ?? []).map((callback) => structuredClone(callback.state?.()));
    this.snapshot = { ...(await this.capture()), callbacks };
    const { step } = this.snapshot.progress;
    for (const known of this.#rates.keys()) if (known < step) this.#rates.delete(known);
  }

  /** Goes back to the snapshot, and the callbacks with it. */
  rewind(): void {
    if (!this.snapshot) throw new Error('there is no snapshot to go back to');
    restoreNetwork(this.network, this.snapshot.network);
    this.optimiser.restore(this.snapshot.optimiser);
    this.settle(this.snapshot);
    for (const [index, saved] of this.snapshot.callbacks.entries()) {
      if (saved) this.config.callbacks?.[index]?.restore?.(structuredClone(saved), this.network);
    }
  }

  /** Puts back what is neither weights nor moments. */
  settle({ progress, dropoutStep, transformStep, lr, stopped }: Omit<TrainingSnapshot, 'network' | 'optimiser'>): void {
    const dropout = dropoutOf(this.network);
    if (dropout) dropout.generator.step = dropoutStep;
    this.runner.rng.generator.step = transformStep;
    Object.assign(this.progress, progress);
    this.lr = lr;
    this.stopped = stopped;
    this.#orderOf = -1;
  }

  /** Steps taken again follow the present learning rate, not the one they had. */
  forgetRates(): void {
    this.#rates.clear();
  }

  /** Builds everything anew on another device and goes back to the snapshot. */
  move(device: RecordingDevice): void {
    const old = requireDefined(this.network, 'resume');
    const network = new Network(old.definition, old.inputShape, device, old.rng.generator.seed);
    const learning = old.parameters().map((parameter) => parameter.requiresGrad);
    for (const [index, parameter] of network.parameters().entries()) parameter.requiresGrad = learning[index] ?? true;
    this.dispose();
    old.dispose();
    // Where there is a definition, N is Network.
    this.network = network as Trainable as N;
    this.optimiser = optimiserOf(network, this.config.optimiser);
    if (this.snapshot) this.rewind();
  }

  /** Traces the step anew before the next one. */
  invalidate(): void {
    this.#runner?.invalidate();
  }

  /** Releases everything but the network. */
  dispose(): void {
    this.#runner?.dispose();
    this.#runner = undefined;
    this.optimiser.dispose();
  }

  #nextBatch(): number {
    return Math.min(this.plan.batchSize, this.config.data.count - this.progress.position);
  }

  /** Puts the order of the current epoch on the device. It depends on seed and epoch alone, so that a resumed run has the same. */
  #arrange(): void {
    const { epoch } = this.progress;
    if (this.#orderOf === epoch) return;
    const { count } = this.config.data;
    const { seed, shuffle } = this.plan;
    const inOrder = () => Uint32Array.from({ length: count }, (_, i) => i);
    this.runner.setOrder(shuffle ? new Generator(seed, 'order', epoch).permutation(count) : inOrder());
    this.#orderOf = epoch;
  }
}
