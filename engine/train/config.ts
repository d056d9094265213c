import type { TuneMode } from '../device/tuning/tune.ts';
import { ConfigError } from '../errors.ts';
import type { Network } from '../nn/network.ts';
import type { DeviceGenerator } from '../ops/random.ts';
import { type OptimiserConfig, resolveOptimiser } from '../optim/config.ts';
import type { ScheduleConfig } from '../optim/schedules.ts';
import { sameShape } from '../tensor.ts';
import type { TrainerCallback } from './callbacks.ts';
import type { Batch, TrainingData } from './data.ts';
import type { Loss } from './loss.ts';

export interface TrainerConfig {
  readonly network: Network;
  readonly data: TrainingData;
  readonly loss: Loss;
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
  /** Steps between read-backs of losses; 'auto' (default) waits for about 50 ms of work. */
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
  readonly callbacks?: readonly TrainerCallback[];
}

/** Steps of one epoch. */
export function stepsPerEpoch(count: number, batchSize: number, dropLast: boolean): number {
  return dropLast ? Math.floor(count / batchSize) : Math.ceil(count / batchSize);
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

function count(path: string, value: number, least: number): number {
  if (!Number.isInteger(value) || value < least)
    throw new ConfigError(path, `must be a whole number of at least ${least}, got ${value}.`);
  return value;
}

function interval(path: string, value: 'epoch' | 'never' | number): 'epoch' | 'never' | number {
  return typeof value === 'number' ? count(path, value, 1) : value;
}

/** Checks a configuration. @throws ConfigError naming the value */
export function planOf(config: TrainerConfig): Plan {
  if (typeof config?.network?.forward !== 'function') throw new ConfigError('network', 'it must be a network from buildNetwork.');
  if (typeof config.data?.open !== 'function')
    throw new ConfigError('data', 'it must be TrainingData from arrayData or imageData.');
  const { network, data, dropLast = false } = config;
  resolveOptimiser(config.optimiser);
  if (!sameShape(data.inputShape, network.inputShape)) {
    throw new ConfigError(
      'data',
      `its inputs are [${data.inputShape.join(', ')}], the network's [${network.inputShape.join(', ')}].`,
    );
  }
  if ((config.epochs === undefined) === (config.steps === undefined))
    throw new ConfigError('epochs', 'give either epochs or steps.');
  const batchSize = Math.min(count('batchSize', config.batchSize ?? 64, 1), data.count);
  const perEpoch = stepsPerEpoch(data.count, batchSize, dropLast);
  const totalSteps =
    config.steps === undefined ? count('epochs', config.epochs as number, 0) * perEpoch : count('steps', config.steps, 0);
  const seed = count('seed', config.seed ?? 0, 0);
  return {
    batchSize,
    seed,
    shuffle: config.shuffle ?? true,
    dropLast,
    stepsPerEpoch: perEpoch,
    totalSteps,
    snapshotEvery: count('snapshotEvery', config.snapshotEvery ?? 200, 1),
    evalEvery: config.validation ? interval('evalEvery', config.evalEvery ?? 'epoch') : 'never',
    checkpointEvery: interval('checkpointEvery', config.checkpointEvery ?? 'never'),
  };
}
