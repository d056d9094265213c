/** Checks a trainer's configuration and fills in its numbers. */
import { ConfigError } from '../errors.ts';
import { resolveOptimiser } from '../optim/config.ts';
import { sameShape } from '../tensor.ts';
import { checkTrainable, requireDefined, type Trainable } from './trainable.ts';
import type { Plan, TrainerConfig } from './types.ts';

/** Steps of one epoch. */
export function stepsPerEpoch(count: number, batchSize: number, dropLast: boolean): number {
  return dropLast ? Math.floor(count / batchSize) : Math.ceil(count / batchSize);
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
export function planOf<N extends Trainable>(config: TrainerConfig<N>): Plan {
  checkTrainable(config?.network);
  if (typeof config.data?.open !== 'function')
    throw new ConfigError('data', 'it must be TrainingData from arrayData or imageData.');
  const { network, data, dropLast = false } = config;
  resolveOptimiser(config.optimiser);
  if (network.inputShape && !sameShape(data.inputShape, network.inputShape)) {
    throw new ConfigError(
      'data',
      `its inputs are [${data.inputShape.join(', ')}], the network's [${network.inputShape.join(', ')}].`,
    );
  }
  if ((config.epochs === undefined) === (config.steps === undefined))
    throw new ConfigError('epochs', 'give either epochs or steps.');
  if (config.checkpointEvery !== undefined && config.checkpointEvery !== 'never') requireDefined(network, 'checkpointEvery');
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
