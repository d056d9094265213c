import { ConfigError } from '../errors.ts';
import type { Network } from '../nn/network.ts';
import { bceWithLogits, type CrossEntropyOptions, crossEntropy, l1Loss, mseLoss } from '../ops/index.ts';
import type { Tensor } from '../tensor.ts';
import type { Batch } from './data.ts';
import type { Trainable } from './trainable.ts';

/** A loss that has a name. 'crossEntropy' takes logits and labels; each is the mean over the batch (and its elements). */
export type LossName = 'crossEntropy' | 'mse' | 'l1' | 'bceWithLogits';

/** A loss of one's own: a tensor of one element, from the network's output and the batch. It is recorded like the rest of a step. */
export type LossFunction<N extends Trainable = Network> = (output: Tensor, batch: Batch, network: N) => Tensor;

/** Cross-entropy with class weights, label smoothing or a label that is left out: see `crossEntropy`. */
export interface CrossEntropyLoss extends Pick<CrossEntropyOptions, 'weight' | 'labelSmoothing' | 'ignoreIndex'> {
  readonly type: 'crossEntropy';
}

export type Loss<N extends Trainable = Network> = LossName | CrossEntropyLoss | LossFunction<N>;

const NAMED: Readonly<Record<LossName, (output: Tensor, targets: Tensor) => Tensor>> = {
  crossEntropy,
  mse: mseLoss,
  l1: l1Loss,
  bceWithLogits,
};

/** @throws ConfigError for a name that no loss has */
export function lossFunction<N extends Trainable = Network>(loss: Loss<N>): LossFunction<N> {
  if (typeof loss === 'function') return loss;
  if (typeof loss === 'object' && loss?.type === 'crossEntropy') {
    const { type: _, ...options } = loss;
    return (output, { targets }) => crossEntropy(output, targets, options);
  }
  const named = typeof loss === 'string' ? NAMED[loss] : undefined;
  if (!named)
    throw new ConfigError(
      'loss',
      `'${typeof loss === 'object' ? JSON.stringify(loss) : String(loss)}' is not a loss; use ${Object.keys(NAMED).join(', ')} or a function.`,
    );
  return (output, { targets }) => named(output, targets);
}

/** The options of a loss that is cross-entropy, {} without any; undefined for another loss. */
export function crossEntropyOf<N extends Trainable = Network>(loss: Loss<N>): Omit<CrossEntropyLoss, 'type'> | undefined {
  if (loss === 'crossEntropy') return {};
  return typeof loss === 'object' && loss.type === 'crossEntropy' ? loss : undefined;
}
