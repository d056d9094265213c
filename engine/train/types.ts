/** What a training run is made of: its configuration, its plan, what watches it, and what a watcher sees of it. */
import type { TuneMode } from '../device/tuning/tune.ts';
import type { Network } from '../nn/network.ts';
import type { DeviceGenerator } from '../ops/random.ts';
import type { OptimiserConfig } from '../optim/config.ts';
import type { Optimiser } from '../optim/optimiser.ts';
import type { ScheduleConfig } from '../optim/schedules.ts';
import type { Generator as RandomGenerator } from '../random.ts';
import type { Batch, TrainingData } from './data.ts';
import type { Evaluation } from './evaluate.ts';
import type { TrainerEvent } from './events.ts';
import type { Loss } from './loss.ts';
import type { NetworkSnapshot, Progress } from './snapshot.ts';
import type { Trainable } from './trainable.ts';

export interface TrainerConfig<N extends Trainable = Network> {
  /** From `buildNetwork`, or any module with `forward` and parameters. */
  readonly network: N;
  readonly data: TrainingData;
  readonly loss: Loss<N>;
  readonly optimiser: OptimiserConfig;
  /** Default: a constant rate. */
  readonly schedule?: ScheduleConfig;
  /** Give `epochs` or `steps`. */
  readonly epochs?: number;
  readonly steps?: number;
  /** Default 64; at most the number of samples is used. */
  readonly batchSize?: number;
  /** Draws a new order for each epoch from the seed. Default true. */
  readonly shuffle?: boolean;
  /** Leaves out the last batch of an epoch where it is smaller. Default false. */
  readonly dropLast?: boolean;
  /** Of the order of the samples and of `transform`'s random numbers. Default 0. */
  readonly seed?: number;
  readonly validation?: TrainingData;
  /** When to evaluate the validation data: after each epoch (default), every so many steps, or never. */
  readonly evalEvery?: 'epoch' | 'never' | number;
  readonly evalBatchSize?: number;
  /** When to yield a checkpoint. Default 'never'. */
  readonly checkpointEvery?: 'epoch' | 'never' | number;
  /** Steps between copies of the state to the host, from which a lost device or a diagnosis starts. Default 200. */
  readonly snapshotEvery?: number;
  /** Steps between read-backs of losses; 'auto' waits for about 50 ms of work. Default: 'auto' on WebGPU, 1 elsewhere. */
  readonly lossEvery?: 'auto' | number;
  /** 'recorded' (default) traces a step once and replays it; 'eager' runs every operation anew. Both give the same bits. */
  readonly mode?: 'recorded' | 'eager';
  /**
   * How variants of the step's kernels are chosen before its first recorded execution. Default: as the device's `tuning` says, which is
   * 'off' unless it was opened with one.
   */
  readonly tune?: TuneMode;
  /** Changes each batch on the device, for example by noise from `rng`. Recorded with the step. */
  readonly transform?: (batch: Batch, rng: DeviceGenerator) => Batch;
  /** Changes each batch of the validation data on the device, where `transform` changes what is trained on. */
  readonly evalTransform?: (batch: Batch) => Batch;
  /** Forgets the moments at the start of every epoch, as code does that makes a new optimiser there. Default false. */
  readonly resetOptimiser?: boolean;
  readonly callbacks?: readonly TrainerCallback<N>[];
}

/** The numbers of a configuration, filled in. */
export interface Plan {
  readonly batchSize: number;
  readonly seed: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  readonly snapshotEvery: number;
  readonly evalEvery: 'epoch' | 'never' | number;
  readonly checkpointEvery: 'epoch' | 'never' | number;
}

/** A run as its callbacks and its checkpoint see it. `Trainer` is one. */
export interface TrainingRun<N extends Trainable = Network> {
  readonly config: TrainerConfig<N>;
  readonly plan: Plan;
  /** The network in training; another object after `resume` on a new device. */
  readonly network: N;
  readonly optimiser: Optimiser;
  /** Where the run stands: steps that have been dispatched, of which the last may not have been told yet. */
  readonly progress: Readonly<Progress>;
  /** η₀ of the schedule; may be changed at any time. */
  lr: number;
  /** The generator of the transform's random numbers. */
  readonly transformGenerator: RandomGenerator;
  readonly finished: boolean;
  /** Ends the run after the steps that are under way. */
  stop(reason?: string): void;
  /** Evaluates data, by default the validation data, with the trained loss. */
  evaluate(data?: TrainingData): Promise<Evaluation>;
  /** The state after the last step taken, as a safetensors file. */
  checkpoint(): Promise<Uint8Array<ArrayBuffer>>;
  /** Weights and running statistics on the host. */
  snapshotNetwork(): Promise<NetworkSnapshot>;
  restoreNetwork(snapshot: NetworkSnapshot): void;
  /** Traces the step anew before the next one: call it after changing what a loss or transform function does. */
  invalidate(): void;
}

/** What a callback keeps in a checkpoint, and in the copies from which a run goes on after a failure: values for JSON and arrays. */
export interface CallbackState {
  readonly json: unknown;
  readonly arrays?: Readonly<Record<string, Float32Array<ArrayBuffer>>>;
}

export interface TrainerCallback<N extends Trainable = Network> {
  /** Distinguishes its part of a checkpoint, and is the reason given when it ends a run. */
  readonly name: string;
  /** Sees each event before the reader does; 'stop' ends the run after it. */
  onEvent?(event: TrainerEvent, trainer: TrainingRun<N>): 'stop' | undefined | Promise<'stop' | undefined>;
  /** The run is over; the network may still be changed. */
  onEnd?(trainer: TrainingRun<N>): void | Promise<void>;
  state?(): CallbackState;
  /** @param network in training: what does not fit it is refused by an error */
  restore?(state: CallbackState, network: N): void;
}
