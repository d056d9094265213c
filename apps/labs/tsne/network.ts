/** The network whose layers are embedded: trained here, or from checkpoints of the classification lab. */

import type { DatasetName } from '../../../engine/data/catalog.ts';
import { type ImageDataset, imageSize } from '../../../engine/data/dataset.ts';
import { loadDataset } from '../../../engine/data/load.ts';
import { ConfigError } from '../../../engine/errors.ts';
import { mlp } from '../../../engine/nn/architectures.ts';
import { buildNetwork, type Network } from '../../../engine/nn/network.ts';
import { type CheckpointMetadata, networkFrom, readCheckpoint, saveNetwork } from '../../../engine/train/checkpoint.ts';
import { imageData, type TrainingData } from '../../../engine/train/data.ts';
import { evaluate, outputs } from '../../../engine/train/evaluate.ts';
import { softmaxRows } from '../../../engine/train/metrics.ts';
import { Trainer } from '../../../engine/train/trainer.ts';
import type { ExperimentEvent, RunContext } from '../../runtime/experiment.ts';
import type { ConfigOf } from '../../runtime/schema.ts';
import type { Layer, schema } from './schema.ts';

type Config = ConfigOf<typeof schema>;

/** Numbers of one point, at most; larger activations of convolutions are averaged over blocks of pixels. */
const MOST_NUMBERS = 2048;
/** Images that go through the network before their activations are made smaller. */
const CHUNK = 250;
/** Widths of the hidden layer of the network that is trained here. */
const HIDDEN = 128;

/** A network at one moment of its training. */
export interface Snapshot {
  readonly epoch: number;
  readonly bytes: Uint8Array;
}

/** What a layer makes of the images. */
export interface LayerPoints {
  /** [N, D] */
  readonly values: Float32Array;
  readonly description: string;
}

export interface LayerInfo {
  readonly path: string;
  readonly type: string;
  readonly shape: readonly number[];
}

const activations = ['relu', 'tanh', 'sigmoid', 'silu', 'softplus', 'gelu', 'elu', 'leakyrelu'];

/** Path of the layer that a name of the schema means in this network. */
export function layerPath(network: Network, layer: Layer, path: string): string {
  if (layer === 'other') return network.layer(path).path;
  const { layers } = network;
  const ends = ['softmax', 'logsoftmax'].includes(layers.at(-1)?.type ?? '');
  const logits = layers.length - (ends ? 2 : 1);
  if (layer === 'first') return (network.modules.find(({ type }) => activations.includes(type)) ?? layers[0])?.path ?? '0';
  let at = layer === 'hidden' ? logits - 1 : logits;
  while (layer === 'hidden' && at > 0 && ['dropout', 'dropout2d', 'flatten'].includes(layers[at]?.type ?? '')) at--;
  return layers[Math.max(0, at)]?.path ?? '0';
}

/** Averages blocks of pixels of [count, height, width, channels] until a point has few enough numbers. */
export function averagedBlocks(
  values: Float32Array,
  shape: readonly number[],
): { values: Float32Array; shape: readonly number[]; block: number } {
  const [count, height = 1, width = 1, channels = 1] = shape as [number, number, number, number];
  if (shape.length < 4) return { values, shape, block: 1 };
  let block = 1;
  while (Math.ceil(height / block) * Math.ceil(width / block) * channels > MOST_NUMBERS && block < Math.max(height, width))
    block++;
  if (block === 1) return { values, shape, block };
  const [rows, columns] = [Math.ceil(height / block), Math.ceil(width / block)];
  const sums = new Float32Array(count * rows * columns * channels);
  const sizes = new Float32Array(rows * columns);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const cell = Math.floor(y / block) * columns + Math.floor(x / block);
      sizes[cell] = (sizes[cell] as number) + 1;
      for (let n = 0; n < count; n++) {
        for (let c = 0; c < channels; c++) {
          const to = (n * rows * columns + cell) * channels + c;
          sums[to] = (sums[to] as number) + (values[((n * height + y) * width + x) * channels + c] as number);
        }
      }
    }
  }
  for (let i = 0; i < sums.length; i++) {
    sums[i] = (sums[i] as number) / (sizes[Math.floor(i / channels) % (rows * columns)] as number);
  }
  return { values: sums, shape: [count, rows, columns, channels], block };
}

const part = (set: ImageDataset, from: number, to: number): ImageDataset => ({
  ...set,
  count: to - from,
  images: set.images.subarray(from * imageSize(set), to * imageSize(set)),
  labels: set.labels.subarray(from, to),
});

/** Bytes over 255, or the constants that a checkpoint was trained with. */
function dataFor(set: ImageDataset, metadata: CheckpointMetadata): TrainingData {
  const wanted = metadata.notes?.normalisation as { mean: number[]; std: number[] } | null | undefined;
  return imageData(set, wanted === undefined ? {} : { normalisation: wanted });
}

/** The network at several moments of its training, and what its layers make of the test images. */
export class NetworkSource {
  readonly set: ImageDataset;
  readonly snapshots: readonly Snapshot[];
  readonly #known = new Map<string, LayerPoints>();
  readonly #predictions = new Map<number, { predictions: Int32Array; accuracy: number }>();

  constructor(set: ImageDataset, snapshots: readonly Snapshot[]) {
    this.set = set;
    this.snapshots = snapshots;
    const { inputShape } = readCheckpoint((snapshots[0] as Snapshot).bytes).metadata;
    const { height, width, channels } = set;
    if (inputShape.join() !== [height, width, channels].join()) {
      throw new ConfigError(
        'checkpoint',
        `its network takes [${inputShape.join(', ')}], '${set.name}' has [${height}, ${width}, ${channels}].`,
      );
    }
  }

  /** The latest snapshot that is not past `epoch`. */
  at(epoch: number): Snapshot {
    return this.snapshots.findLast((snapshot) => snapshot.epoch <= epoch) ?? (this.snapshots[0] as Snapshot);
  }

  layers(epoch: number): LayerInfo[] {
    const network = networkFrom(this.at(epoch).bytes);
    const found = network.modules.map(({ path, type, outputShape }) => ({ path, type, shape: [...outputShape] }));
    network.dispose();
    return found;
  }

  /** Activations of all test images. @throws ConfigError for a path that the network does not have */
  async points(layer: Layer, path: string, epoch: number, onProgress: (share: number) => void): Promise<LayerPoints> {
    const snapshot = this.at(epoch);
    const key = `${snapshot.epoch} ${layer} ${layer === 'other' ? path : ''}`;
    const known = this.#known.get(key);
    if (known) return known;
    const { set } = this;
    const { metadata } = readCheckpoint(snapshot.bytes);
    const network = networkFrom(snapshot.bytes);
    try {
      const from = layerPath(network, layer, path);
      let all: Float32Array | undefined;
      let shape: readonly number[] = [];
      let block = 1;
      for (let start = 0; start < set.count; start += CHUNK) {
        const end = Math.min(set.count, start + CHUNK);
        const found = await outputs(network, dataFor(part(set, start, end), metadata), { layer: from });
        const small = averagedBlocks(found.values, found.shape);
        ({ shape, block } = small);
        const length = small.values.length / (end - start);
        all ??= new Float32Array(set.count * length);
        all.set(small.values, start * length);
        onProgress(end / set.count);
      }
      const width = (all as Float32Array).length / set.count;
      // Of the logits also where the network ends in a softmax layer of its own: `layerPath` names the layer before it.
      const values = layer === 'softmax' ? softmaxRows(all as Float32Array, width) : (all as Float32Array);
      const [, ...own] = shape;
      const made = {
        values,
        description: `layer ${from}, ${own.join(' × ')} numbers${block > 1 ? `, averages of ${block} × ${block} pixels` : ''}, epoch ${snapshot.epoch}`,
      };
      if (this.#known.size > 8) this.#known.clear();
      this.#known.set(key, made);
      return made;
    } finally {
      network.dispose();
    }
  }

  /** What the network takes each test image for. */
  async predictions(epoch: number): Promise<{ predictions: Int32Array; accuracy: number }> {
    const snapshot = this.at(epoch);
    const known = this.#predictions.get(snapshot.epoch);
    if (known) return known;
    const network = networkFrom(snapshot.bytes);
    const { metadata } = readCheckpoint(snapshot.bytes);
    const { predictions, accuracy } = await evaluate(network, dataFor(this.set, metadata));
    network.dispose();
    const found = { predictions: predictions as Int32Array, accuracy: accuracy as number };
    this.#predictions.set(snapshot.epoch, found);
    return found;
  }
}

/** Snapshots from files of the classification lab, in the order of their training. */
export function snapshotsOf(files: ReadonlyMap<string, Uint8Array>): Snapshot[] {
  return [...files]
    .map(([name, bytes]) => ({ epoch: readCheckpoint(bytes, name).metadata.training?.progress.epoch ?? 0, bytes }))
    .sort((a, b) => a.epoch - b.epoch);
}

/** Networks that this thread has trained: a restart with another perplexity need not train again. */
const trainedBefore = new Map<string, readonly Snapshot[]>();
const MOST_TRAINED = 4;

/** Trains a small network (one hidden layer of 128) and keeps it after each epoch. */
export async function* trainedNetwork(
  config: Config,
  context: RunContext<Config>,
): AsyncGenerator<ExperimentEvent, readonly Snapshot[]> {
  const key = [config.dataset, config.trainCount, config.epochs, config.seed, context.device.kind].join();
  const known = trainedBefore.get(key);
  if (known) return known;
  yield { type: 'phase', name: 'download', detail: 'training images' };
  const { signal, data: source } = context;
  const set = await loadDataset(config.dataset as DatasetName, { source, signal, split: 'train', count: config.trainCount });
  const { height, width, channels } = set;
  const size = imageSize(set);
  const network = buildNetwork(mlp([size, HIDDEN, set.classNames.length]), {
    inputShape: [height, width, channels],
    rng: config.seed,
  });
  try {
    const snapshots: Snapshot[] = [{ epoch: 0, bytes: await saveNetwork(network) }];
    const trainer = new Trainer({
      network,
      data: imageData(set),
      loss: 'crossEntropy',
      optimiser: { type: 'adam', lr: 1e-3 },
      batchSize: 64,
      epochs: config.epochs,
      evalEvery: 'never',
      seed: config.seed,
    });
    for await (const event of trainer.run()) {
      if (event.type === 'step' && event.step % 20 === 0) {
        yield { type: 'phase', name: 'train', progress: event.step / event.total, detail: `a network, epoch ${event.epoch}` };
        yield { type: 'metric', chart: 'training', series: 'loss', x: event.step, y: event.loss };
      } else if (event.type === 'epoch') snapshots.push({ epoch: event.epoch, bytes: await saveNetwork(trainer.network) });
    }
    trainer.dispose();
    if (trainedBefore.size >= MOST_TRAINED) trainedBefore.clear();
    trainedBefore.set(key, snapshots);
    return snapshots;
  } finally {
    network.dispose();
  }
}
