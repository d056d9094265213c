/** Which layer to blame: sub-networks of growing depth, each with a fresh output layer (MODE's replication, LABS §4.3 step 3). */
import { ConfigError } from '../../errors.ts';
import { scope } from '../../memory.ts';
import type { LayerKey, Network } from '../../nn/network.ts';
import { buildNetwork } from '../../nn/network.ts';
import { softmax } from '../../ops/index.ts';
import { sizeOf, tensor } from '../../tensor.ts';
import { inBatches } from '../../train/batches.ts';
import { arrayData, type Samples, type TrainingData } from '../../train/data.ts';
import { evaluate, outputs } from '../../train/evaluate.ts';
import { argmaxRows } from '../../train/metrics.ts';
import { bhattacharyya } from '../bhattacharyya.ts';
import { labelsOf } from '../data.ts';
import { type FitOptions, fitNetwork } from '../training.ts';

export interface LayerSelectionOptions {
  /** Outputs of the hidden layers, from the input on. */
  readonly layers: readonly LayerKey[];
  /** A layer is saturated where d_B to the depth before is at most this. Default 0.01. */
  readonly threshold?: number;
  /** 'forward' (under-fitting, default) adds layers from the input, 'backward' (over-fitting) takes them from the end. */
  readonly direction?: 'forward' | 'backward';
  /** Goes on after the target is found, so that the whole curve can be drawn. */
  readonly all?: boolean;
  readonly fit: FitOptions;
}

/** A sub-network. */
export interface Depth {
  /** The hidden layer it ends with; null for none: a linear model of the input. */
  readonly layer: LayerKey | null;
  /** On the evaluation set. */
  readonly accuracy: number;
  /** d_B between its probabilities and those of the depth before (at first: all ones). */
  readonly distance: number;
}

export interface LayerSelection {
  /** The layer to blame; null for the output layer: no hidden layer saturates, or the linear model, which has no other, is near enough to all ones. */
  readonly target: LayerKey | null;
  readonly depths: readonly Depth[];
  /** Of the last sub-network on the evaluation set. The replication's later steps use these, not the network's own. */
  readonly predictions: Int32Array<ArrayBuffer>;
}

/** What the output layer of a sub-network is given: a layer's outputs, or the inputs themselves, as rows. */
async function features(network: Network, data: TrainingData, layer: LayerKey | null): Promise<Samples> {
  if (layer !== null) {
    const { shape, values } = await outputs(network, data, { layer });
    return { values, shape: [sizeOf(shape.slice(1))] };
  }
  const length = sizeOf(data.inputShape);
  const values = new Float32Array(data.count * length);
  for await (const {
    start,
    values: [found],
  } of inBatches(data, network.device, 512, ({ inputs }) => [inputs])) {
    values.set(found as Float32Array, start * length);
  }
  return { values, shape: [length] };
}

/** The output layer alone, trained on frozen features; its probabilities on the evaluation set [N, classes]. */
async function trainHead(
  network: Network,
  train: TrainingData,
  evaluation: TrainingData,
  layer: LayerKey | null,
  classes: number,
  options: FitOptions,
): Promise<{ probabilities: Float32Array<ArrayBuffer>; predictions: Int32Array<ArrayBuffer>; accuracy: number }> {
  const [inside, outside] = [await features(network, train, layer), await features(network, evaluation, layer)];
  const labelled = (data: TrainingData, rows: Samples) =>
    arrayData(rows, { values: Int32Array.from(labelsOf(data)), shape: [] }, classes);
  const [size] = inside.shape as [number];
  const head = buildNetwork([{ type: 'linear', in: size, out: classes }], {
    inputShape: [size],
    rng: options.seed ?? 0,
    initialiser: 'keras',
    device: network.device,
  });
  try {
    await fitNetwork(head, labelled(train, inside), options);
    const test = labelled(evaluation, outside);
    const { accuracy } = await evaluate(head, test);
    const { values } = await outputs(head, test);
    const probabilities = scope(() => softmax(tensor(values, [test.count, classes], { device: network.device })));
    const host = await probabilities.data();
    probabilities.dispose();
    return { probabilities: host, predictions: argmaxRows(host, classes), accuracy: accuracy as number };
  } finally {
    head.dispose();
  }
}

/**
 * Trains sub-networks and compares their probabilities, depth by depth. Forward: the first depth whose d_B to the one before is at most the threshold
 * is the target, otherwise the output layer. Backward: the same from the end, with the first hidden layer to fall back to.
 * @throws ConfigError where there is no layer
 */
export async function selectLayer(
  network: Network,
  train: TrainingData,
  evaluation: TrainingData,
  options: LayerSelectionOptions,
): Promise<LayerSelection> {
  const { layers, threshold = 0.01, direction = 'forward', all = false } = options;
  if (layers.length === 0) throw new ConfigError('layers', 'name at least one hidden layer.');
  const classes = network.outputShape.at(-1) as number;
  const order: readonly (LayerKey | null)[] = direction === 'forward' ? [null, ...layers] : layers.toReversed();
  const depths: Depth[] = [];
  let target: LayerKey | null | undefined;
  let before = new Float32Array(evaluation.count * classes).fill(1);
  let predictions = new Int32Array(0);
  for (const layer of order) {
    const head = await trainHead(network, train, evaluation, layer, classes, options.fit);
    const distance = await matrixDistance(before, head.probabilities, [evaluation.count, classes], network);
    depths.push({ layer, accuracy: head.accuracy, distance });
    before = head.probabilities;
    predictions = head.predictions;
    if (target === undefined && distance <= threshold) target = layer;
    if (target !== undefined && !all) break;
  }
  const otherwise = direction === 'forward' ? null : (layers[0] as LayerKey);
  return { target: target === undefined ? otherwise : target, depths, predictions };
}

async function matrixDistance(
  a: Float32Array<ArrayBuffer>,
  b: Float32Array<ArrayBuffer>,
  shape: readonly number[],
  { device }: Network,
): Promise<number> {
  const distance = scope(() => bhattacharyya(tensor(a, shape, { device }), tensor(b, shape, { device })));
  try {
    return await distance.item();
  } finally {
    distance.dispose();
  }
}
