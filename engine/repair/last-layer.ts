import { ConfigError } from '../errors.ts';
import { Linear } from '../nn/layers/linear.ts';
import { buildNetwork, type Network } from '../nn/network.ts';
import { abs, add, affine, crossEntropy, sum } from '../ops/index.ts';
import { Generator } from '../random.ts';
import { arrayData, type TrainingData } from '../train/data.ts';
import { evaluate, outputs } from '../train/evaluate.ts';
import type { LossFunction } from '../train/loss.ts';
import { labelsOf, selectData } from './data.ts';
import { balancedSubset, type Groups, groupCount } from './groups.ts';
import { heldOutScore } from './model-selection.ts';
import { type FitOptions, fitNetwork } from './training.ts';

export interface LastLayerOptions {
  /** Group of each sample of the data. */
  readonly groups: Groups;
  /** Default true: each draw takes as many samples of every group. False is the control: as many samples, groups as they come. */
  readonly balanced?: boolean;
  /** Balanced draws whose layers are averaged. Default 10. */
  readonly draws?: number;
  /**
   * λ of the L1 penalty on the weights. Of several one is chosen: a layer with each is trained on one half of the data, with as many steps as
   * any, and judged on the other. Default 0.
   */
  readonly l1?: number | readonly number[];
  /** What judges several λ: the accuracy of the worst group, as published (default), or plain accuracy. */
  readonly judge?: 'worst group' | 'accuracy';
  /** Default: Adam with η = 1e-2, 100 steps, batches of 128. */
  readonly fit?: Partial<Omit<FitOptions, 'seed'>>;
  /** Of the draws, and of the start and the order of each layer's training. Default 0. */
  readonly seed?: number;
}

export interface LastLayerRetrained {
  /** A copy with another last layer. */
  readonly network: Network;
  /** Samples of each draw. */
  readonly drawn: number;
  /** λ that was used. */
  readonly l1: number;
}

/**
 * Last-layer retraining, deep feature reweighting (Kirichenko et al. 2023, DFR): the features stay, a new last linear layer is trained on data with
 * balanced groups, best on data held out from the first training. Features are standardised for the training, the layers of several draws
 * averaged, and the strength of an L1 penalty chosen on half of the data, as in the paper (which fits its layers to the end; here they take steps).
 * @throws ConfigError where the network does not end in a linear layer with a bias
 */
export async function lastLayerRetraining(
  network: Network,
  data: TrainingData,
  options: LastLayerOptions,
): Promise<LastLayerRetrained> {
  const { groups, balanced = true, draws = 10, l1 = 0, seed = 0 } = options;
  groupCount(groups, data.count);
  const head = network.layers.at(-1);
  if (!(head instanceof Linear && head.bias)) throw new ConfigError('network', 'its last layer must be linear, with a bias.');
  const [inputs, classes] = head.weight.shape as [number, number];
  const { values, mean, std } = await standardised(network, data, inputs);
  const labels = Int32Array.from(labelsOf(data));
  const features = arrayData({ values, shape: [inputs] }, { values: labels, shape: [] }, classes);
  const rng = new Generator(seed, 'last layer');
  const penalties = typeof l1 === 'number' ? [l1] : l1;
  const lambda =
    penalties.length === 1
      ? (penalties[0] as number)
      : await chosenPenalty(network, features, penalties, options, rng.fork('choice of λ'));
  const weight = new Float64Array(inputs * classes);
  const bias = new Float64Array(classes);
  let drawn = 0;
  for (let draw = 0; draw < draws; draw++) {
    const indices = balancedSubset(groups, rng);
    const chosen = balanced ? indices : rng.permutation(data.count).slice(0, indices.length);
    drawn = chosen.length;
    const layer = await newLayer(network, selectData(features, chosen), lambda, options.fit, rng.fork(`draw ${draw}`));
    try {
      const [w, b] = await Promise.all(layer.parameters().map((parameter) => parameter.data()));
      w?.forEach((value, i) => {
        weight[i] = (weight[i] as number) + value / draws;
      });
      b?.forEach((value, i) => {
        bias[i] = (bias[i] as number) + value / draws;
      });
    } finally {
      layer.dispose();
    }
  }
  const copy = network.clone();
  const last = copy.layers.at(-1) as Linear;
  // (a − mean)/std · W + b = a · (W/std) + (b − (mean/std) · W).
  const scaled = weight.map((value, i) => value / (std[Math.floor(i / classes)] as number));
  const shifted = bias.map(
    (value, k) => value - mean.reduce((total, m, f) => total + m * (scaled[f * classes + k] as number), 0),
  );
  last.weight.tensor.write(Float32Array.from(scaled));
  last.bias?.tensor.write(Float32Array.from(shifted));
  return { network: copy, drawn, l1: lambda };
}

/** A linear layer, trained on features. */
async function newLayer(
  { device }: Network,
  features: TrainingData,
  l1: number,
  fit: LastLayerOptions['fit'],
  rng: Generator,
): Promise<Network> {
  const [inputs] = features.inputShape as [number];
  const layer = buildNetwork([{ type: 'linear', in: inputs, out: features.classes as number }], {
    inputShape: [inputs],
    rng,
    device,
  });
  try {
    const given = { optimiser: { type: 'adam', lr: 1e-2 }, steps: 100, batchSize: 128, ...fit } as const;
    // Layers that all shuffle alike would share that noise, and no mean over draws would lessen it.
    const [seed] = rng.fork('order').words(1);
    await fitNetwork(layer, features, { ...given, seed: seed as number, loss: penalised(l1) });
    return layer;
  } catch (error) {
    layer.dispose();
    throw error;
  }
}

/** The λ whose layer, trained on one half of the data, does best on the other; of equals the first. */
async function chosenPenalty(
  network: Network,
  features: TrainingData,
  penalties: readonly number[],
  { groups, balanced = true, judge = 'worst group', fit }: LastLayerOptions,
  rng: Generator,
): Promise<number> {
  if (penalties.length === 0 || features.count < 2)
    throw new ConfigError('l1', 'to choose a penalty takes at least one of them and two samples.');
  const order = rng.permutation(features.count);
  const of = (indices: ArrayLike<number>) => Array.from(indices, (i) => groups[i] as number);
  const [own, other] = [order.slice(0, order.length >> 1), order.slice(order.length >> 1)];
  const members = balancedSubset(of(own), rng);
  const chosen = balanced ? Array.from(members, (i) => own[i] as number) : own.slice(0, members.length);
  const heldOut = { data: selectData(features, other), ...(judge === 'worst group' && { groups: of(other) }) };
  let best = { l1: penalties[0] as number, score: -1 };
  for (const l1 of penalties) {
    const layer = await newLayer(network, selectData(features, chosen), l1, fit, rng.fork('layer'));
    try {
      const score = heldOutScore(await evaluate(layer, heldOut.data), heldOut);
      if (score > best.score) best = { l1, score };
    } finally {
      layer.dispose();
    }
  }
  return best.l1;
}

/** Cross-entropy + λ Σ|w|. */
function penalised(l1: number): LossFunction {
  return (output, { targets }, network) => {
    const loss = crossEntropy(output, targets);
    return l1 === 0 ? loss : add(loss, affine(sum(abs((network.layers[0] as Linear).weight.tensor)), l1, 0));
  };
}

/** What the last layer is given, each feature with mean 0 and standard deviation 1 over the data (constant ones stay 0). */
async function standardised(network: Network, data: TrainingData, inputs: number) {
  const before = network.layers.at(-2);
  if (!before) throw new ConfigError('network', 'there must be a layer before the last one.');
  const { values } = await outputs(network, data, { layer: before.path });
  const mean = new Float64Array(inputs);
  const std = new Float64Array(inputs);
  values.forEach((value, i) => {
    mean[i % inputs] = (mean[i % inputs] as number) + value / data.count;
  });
  values.forEach((value, i) => {
    std[i % inputs] = (std[i % inputs] as number) + (value - (mean[i % inputs] as number)) ** 2 / data.count;
  });
  std.forEach((variance, f) => {
    std[f] = variance > 1e-12 ? Math.sqrt(variance) : 1;
  });
  return { values: values.map((value, i) => (value - (mean[i % inputs] as number)) / (std[i % inputs] as number)), mean, std };
}
