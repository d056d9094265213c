/** A network on data it does not learn from: evaluation mode, no tape, in batches, while the next batch computes. */
import { noGrad } from '../autodiff.ts';
import { ArgumentError, ConfigError, kindOf, ShapeError } from '../errors.ts';
import { keep, scope } from '../memory.ts';
import { type LayerKey, Network } from '../nn/network.ts';
import { type Shape, Tensor, tensor } from '../tensor.ts';
import type { Batch, OpenData, TrainingData } from './data.ts';
import { crossEntropyOf, type Loss, lossFunction } from './loss.ts';
import { accuracy, argmaxRows, type Confusion, confusionMatrix, crossEntropyRows, perClassAccuracy } from './metrics.ts';
import { deviceOf, type Trainable } from './trainable.ts';

export interface Evaluation {
  readonly count: number;
  /** Mean over the samples; with class weights or an ignored label, the weighted mean over all that count. */
  readonly loss: number;
  /**
   * The following where targets are labels and the network puts out scores of classes, [N, K]. K need not be the number of classes of the
   * data: an output beyond them counts as a wrong prediction, which has no column in `confusion`. Samples
   * whose label is ignored are not counted.
   */
  readonly accuracy?: number;
  /** Share of each class that was recognised; NaN for a class without samples. */
  readonly perClass?: readonly number[];
  readonly confusion?: Confusion;
  readonly predictions?: Int32Array<ArrayBuffer>;
  /** Loss of each sample, for cross-entropy; 0 where the label is ignored, NaN where the label is no output of the network. */
  readonly losses?: Float64Array<ArrayBuffer>;
}

export interface EvaluateOptions<N extends Trainable = Network> {
  /** Default 256. */
  readonly batchSize?: number;
  /** Default 'crossEntropy' where targets are labels, else 'mse'. */
  readonly loss?: Loss<N>;
  /** Data that are already on the device. */
  readonly open?: OpenData;
  /** Applied to each batch before the network, on the device. */
  readonly transform?: (batch: Batch) => Batch;
}

/** What comes back of a batch. */
type Collect = (batch: Batch, start: number) => readonly Tensor[];

/** Goes through the data in order and hands over, for each batch, the values of the tensors that `collect` returns. */
async function* overBatches<N extends Trainable>(
  network: N,
  data: TrainingData,
  options: EvaluateOptions<N>,
  collect: Collect,
): AsyncGenerator<{ start: number; size: number; values: Float32Array[] }> {
  const size = Math.min(options.batchSize ?? 256, data.count);
  if (!Number.isInteger(size) || size < 1)
    throw new ConfigError('batchSize', `must be a whole number of at least 1, got ${size}.`);
  const device = deviceOf(network);
  const open = options.open ?? data.open(device);
  const indices = keep(
    tensor(
      Uint32Array.from({ length: data.count }, (_, i) => i),
      undefined,
      { dtype: 'u32', device },
    ),
  );
  const cursor = keep(tensor(new Uint32Array(1), undefined, { dtype: 'u32', device }));
  const start = (from: number) => {
    const batch = Math.min(size, data.count - from);
    cursor.write([from]);
    const { training = true } = network;
    network.train?.(false);
    let tensors: readonly Tensor[];
    try {
      tensors = scope(() =>
        noGrad(() => {
          const gathered = open.batch({ indices, cursor, batch });
          return collect(options.transform ? options.transform(gathered) : gathered, from);
        }),
      );
    } finally {
      network.train?.(training);
    }
    const values = Promise.all(tensors.map((t) => t.data()));
    for (const t of tensors) t.dispose();
    return { start: from, size: batch, values };
  };
  try {
    let pending = start(0);
    for (let next = size; ; next += size) {
      const following = next < data.count ? start(next) : undefined;
      following?.values.catch(() => {});
      yield { ...pending, values: await pending.values };
      if (!following) return;
      pending = following;
    }
  } finally {
    indices.dispose();
    cursor.dispose();
    if (!options.open) open.dispose();
  }
}

/** Of one output; a module that does not know it is asked with one sample. */
async function outputShapeOf<N extends Trainable>(network: N, data: TrainingData, options: EvaluateOptions<N>): Promise<Shape> {
  if (network instanceof Network) return network.outputShape;
  let shape: Shape = [];
  const collect: Collect = ({ inputs }) => {
    const output = network.forward(inputs);
    shape = output.shape.slice(1);
    return [output];
  };
  for await (const _ of overBatches(network, data, { ...options, batchSize: 1 }, collect)) break;
  return shape;
}

/** Evaluates step by step: yields the share that is done, returns the result. */
export async function* evaluation<N extends Trainable = Network>(
  network: N,
  data: TrainingData,
  options: EvaluateOptions<N> = {},
): AsyncGenerator<number, Evaluation> {
  if (typeof data?.open !== 'function') {
    throw new ArgumentError('evaluate', `the data must be TrainingData (arrayData, imageData), not ${kindOf(data)}`);
  }
  const { count, classes, labels } = data;
  const name: Loss<N> = options.loss ?? (labels ? 'crossEntropy' : 'mse');
  const loss = lossFunction(name);
  const entropy = classes !== undefined && labels !== undefined ? crossEntropyOf(name) : undefined;
  const ownLoss = entropy !== undefined;
  const { weight, ...smoothing } = entropy ?? {};
  const rowOptions = { ...smoothing, weight: weight instanceof Tensor ? await weight.data() : weight };
  const predictions = new Int32Array(count);
  const losses = new Float64Array(count);
  let total = 0;
  let share = 0;
  const outputShape = await outputShapeOf(network, data, options);
  const [width = 0, ...more] = outputShape;
  if (ownLoss && more.length > 0) {
    throw new ShapeError('evaluate', [outputShape], 'cross-entropy with labels needs one score for each class');
  }
  // A single output leaves no choice between classes, unless the loss takes it for scores.
  const classified = labels !== undefined && more.length === 0 && (ownLoss || width > 1);
  const batches = overBatches(network, data, options, (batch) => {
    const output = network.forward(batch.inputs);
    return [...(classified ? [output] : []), ...(ownLoss ? [] : [loss(output, batch, network)])];
  });
  for await (const { start, size, values } of batches) {
    if (classified) {
      const scores = values[0] as Float32Array;
      predictions.set(argmaxRows(scores, width), start);
      if (ownLoss) {
        const truth = Array.from({ length: size }, (_, i) => labels[start + i] as number);
        const rows = crossEntropyRows(scores, truth, width, rowOptions);
        losses.set(rows, start);
        for (const value of rows) total += value;
        for (const t of truth) share += t === smoothing.ignoreIndex ? 0 : (rowOptions.weight?.[t] ?? 1);
      }
    }
    if (!ownLoss) {
      total += ((values.at(-1) as Float32Array)[0] as number) * size;
      share += size;
    }
    yield (start + size) / count;
  }
  const result = { count, loss: total / share };
  if (!classified || classes === undefined) return result;
  const counted = Array.from(labels, (_, i) => i).filter((i) => labels[i] !== smoothing.ignoreIndex);
  const of = (values: ArrayLike<number>) => counted.map((i) => values[i] as number);
  const confusion = confusionMatrix(of(labels), of(predictions), classes);
  return {
    ...result,
    accuracy: accuracy(of(labels), of(predictions)),
    perClass: perClassAccuracy(confusion),
    confusion,
    predictions,
    ...(ownLoss ? { losses } : {}),
  };
}

/** Evaluates at once. */
export async function evaluate<N extends Trainable = Network>(
  network: N,
  data: TrainingData,
  options: EvaluateOptions<N> = {},
): Promise<Evaluation> {
  const steps = evaluation(network, data, options);
  for (;;) {
    const { done, value } = await steps.next();
    if (done) return value;
  }
}

export interface CollectOptions extends EvaluateOptions {
  /** Whose output; default the network's. */
  readonly layer?: LayerKey;
  readonly onProgress?: (share: number) => void;
}

/** The network's outputs, or a layer's, for all samples: [count, …shape] on the host. */
export async function outputs(
  network: Network,
  data: TrainingData,
  options: CollectOptions = {},
): Promise<{ shape: Shape; values: Float32Array<ArrayBuffer> }> {
  const { layer } = options;
  const shape = layer === undefined ? network.outputShape : network.layer(layer).outputShape;
  const length = shape.reduce((a, b) => a * b, 1);
  const values = new Float32Array(data.count * length);
  const batches = overBatches(network, data, options, ({ inputs }) => {
    if (layer === undefined) return [network.forward(inputs)];
    return [network.forward(inputs, { capture: [layer] }).activations.get(String(layer)) as Tensor];
  });
  for await (const {
    start,
    size,
    values: [found],
  } of batches) {
    values.set(found as Float32Array, start * length);
    options.onProgress?.((start + size) / data.count);
  }
  return { shape: [data.count, ...shape], values };
}
