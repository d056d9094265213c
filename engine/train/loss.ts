import { ConfigError } from '../errors.ts';
import type { Network } from '../nn/network.ts';
import { bceWithLogits, crossEntropy, l1Loss, mseLoss } from '../ops/index.ts';
import type { Tensor } from '../tensor.ts';
import type { Batch } from './data.ts';

/** A loss that has a name. 'crossEntropy' takes logits and labels; each is the mean over the batch (and its elements). */
export type LossName = 'crossEntropy' | 'mse' | 'l1' | 'bceWithLogits';

/** A loss of one's own: a tensor of one element, from the network's output and the batch. It is recorded like the rest of a step. */
export type LossFunction = (output: Tensor, batch: Batch, network: Network) => Tensor;

export type Loss = LossName | LossFunction;

const NAMED: Readonly<Record<LossName, (output: Tensor, targets: Tensor) => Tensor>> = {
  crossEntropy,
  mse: mseLoss,
  l1: l1Loss,
  bceWithLogits,
};

/** @throws ConfigError for a name that no loss has */
export function lossFunction(loss: Loss): LossFunction {
  if (typeof loss === 'function') return loss;
  const named = NAMED[loss];
  if (!named)
    throw new ConfigError('loss', `'${String(loss)}' is not a loss; use ${Object.keys(NAMED).join(', ')} or a function.`);
  return (output, { targets }) => named(output, targets);
}
