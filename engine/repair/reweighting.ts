/** Training that weights samples or groups: reweighting and GroupDRO. Both need to know the group of each training sample. */
import { noGrad } from '../autodiff.ts';
import { ConfigError } from '../errors.ts';
import { keep } from '../memory.ts';
import type { Network } from '../nn/network.ts';
import { copyElements } from '../ops/copy-elements.ts';
import { add, affine, div, log, logSoftmax, maximum, mul, neg, reshape, softmax, sum } from '../ops/index.ts';
import { type Tensor, tensor } from '../tensor.ts';
import type { Samples, TrainingData } from '../train/data.ts';
import type { LossFunction } from '../train/loss.ts';
import { labelsOf, withTargets } from './data.ts';
import { balancingWeights, type Groups, groupCount } from './groups.ts';
import { type Fit, type FitOptions, fitNetwork } from './training.ts';

const classesOf = (data: TrainingData): number => {
  const labels = labelsOf(data);
  let most = 0;
  for (let i = 0; i < labels.length; i++) most = Math.max(most, labels[i] as number);
  return data.classes ?? most + 1;
};

/** Rows w_i · onehot(y_i): cross-entropy with them is weighted cross-entropy. */
function weightedTargets(labels: ArrayLike<number>, classes: number, weights: ArrayLike<number>): Samples {
  const values = new Float32Array(labels.length * classes);
  for (let i = 0; i < labels.length; i++) values[i * classes + (labels[i] as number)] = weights[i] as number;
  return { values, shape: [classes] };
}

/** (1/B) Σ_b w_b ℓ_b, from logits and rows w_b · onehot(y_b). */
export const weightedCrossEntropy: LossFunction = (output, { targets }) => {
  const batch = output.shape[0] as number;
  return affine(sum(mul(targets, logSoftmax(output))), -1 / batch, 0);
};

export interface ReweightingOptions extends FitOptions {
  /** Weight of each sample. Give these or `groups`, which then weigh alike. */
  readonly weights?: ArrayLike<number>;
  readonly groups?: Groups;
}

/**
 * Trains with weighted cross-entropy, in place: the classical answer to groups of unequal size (Shimodaira 2000).
 * @throws ConfigError where neither weights nor groups are given, or a weight is negative
 */
export function reweighting(network: Network, data: TrainingData, options: ReweightingOptions): Promise<Fit> {
  const { groups } = options;
  const weights = options.weights ?? (groups ? balancingWeights(groups) : undefined);
  if (!weights) throw new ConfigError('weights', 'give weights, or groups that shall weigh alike.');
  if (weights.length !== data.count) throw new ConfigError('weights', `there must be one for each of the ${data.count} samples.`);
  for (let i = 0; i < weights.length; i++) {
    if (!((weights[i] as number) >= 0))
      throw new ConfigError(`weights[${i}]`, `must be a number of at least 0, got ${weights[i]}.`);
  }
  const targets = weightedTargets(labelsOf(data), classesOf(data), weights);
  return fitNetwork(network, withTargets(data, targets), { ...options, loss: weightedCrossEntropy });
}

export interface GroupDroOptions extends FitOptions {
  /** Group of each training sample. */
  readonly groups: Groups;
  /** η_q, step of the group weights. Default 0.01. */
  readonly stepSize?: number;
}

export interface GroupDroFit extends Fit {
  /** The weights q of the groups at the end; their sum is 1. */
  readonly weights: readonly number[];
}

/**
 * Group distributionally robust optimisation, in place (Sagawa et al. 2020, algorithm 1): in each step q_g ← q_g e^{η ℓ_g}, normalised, with
 * ℓ_g the mean loss of the group's samples in the batch (0 where it has none), then a step on Σ_g q_g ℓ_g. Use it with a strong weight decay
 * or early stopping, without which it is no better than plain training.
 */
export async function groupDro(network: Network, data: TrainingData, options: GroupDroOptions): Promise<GroupDroFit> {
  const { groups, stepSize = 0.01 } = options;
  const labels = labelsOf(data);
  const count = groupCount(groups, data.count);
  const classes = classesOf(data);
  // onehot(group) ⊗ onehot(label): a row tells both, and stays on the device.
  const values = new Float32Array(data.count * count * classes);
  for (let i = 0; i < data.count; i++) values[(i * count + (groups[i] as number)) * classes + (labels[i] as number)] = 1;
  const q = keep(tensor(new Float32Array(count).fill(1 / count), [count], { device: network.device }));
  const loss: LossFunction = (output, { targets }) => {
    const batch = output.shape[0] as number;
    const perSample = neg(mul(targets, reshape(logSoftmax(output), [batch, 1, classes])));
    const inGroup = sum(targets.detach(), { axes: [0, 2] });
    const groupLoss = div(sum(perSample, { axes: [0, 2] }), maximum(inGroup, 1));
    noGrad(() => copyElements(updated(q, groupLoss.detach(), stepSize), q));
    return sum(mul(q.detach(), groupLoss));
  };
  try {
    const done = await fitNetwork(network, withTargets(data, { values, shape: [count, classes] }), { ...options, loss });
    return { ...done, weights: [...(await q.data())] };
  } finally {
    q.dispose();
  }
}

/** q_g e^{η ℓ_g} / Σ_h q_h e^{η ℓ_h}. */
function updated(q: Tensor, loss: Tensor, stepSize: number): Tensor {
  return softmax(add(log(maximum(q, 1e-30)), affine(loss, stepSize, 0)));
}
