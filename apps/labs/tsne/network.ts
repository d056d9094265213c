/** What the layers of a network make of the images, at several moments of its training. */
import { type ImageDataset, imageSize } from '../../../engine/data/dataset.ts';
import type { Network } from '../../../engine/nn/network.ts';
import { networkFrom, readCheckpoint } from '../../../engine/train/checkpoint.ts';
import { evaluate, outputs } from '../../../engine/train/evaluate.ts';
import { softmaxRows } from '../../../engine/train/metrics.ts';
import { inputOf, notesOf, openSnapshot, requireFit, type Snapshot } from '../../runtime/network-source.ts';
import type { Layer } from './schema.ts';

/** Numbers of one point, at most; larger activations of convolutions are averaged over blocks of pixels. */
const MOST_NUMBERS = 2048;
/** Images that go through the network before their activations are made smaller. */
const CHUNK = 250;

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
    requireFit(inputShape, [set.height, set.width, set.channels], set.name);
  }

  /** What the file says of the training: name of the images, and of the classes. */
  get trainedOn(): { readonly dataset: string | undefined; readonly classNames: readonly string[] } {
    const { dataset, classNames = [] } = notesOf(this.snapshots[0] as Snapshot);
    return { dataset, classNames };
  }

  /** Says so where the network was trained on other images than those that are embedded, or the file does not say on which. */
  get mismatch(): string | undefined {
    const { dataset } = this.trainedOn;
    if (dataset === this.set.name) return undefined;
    if (dataset === undefined)
      return `The file does not say on which images its network was trained; these are of '${this.set.name}'.`;
    return `The network was trained on '${dataset}', but the images are of '${this.set.name}': it has never seen their kind.`;
  }

  /** Whether its answers are classes of these images. */
  get sameClasses(): boolean {
    const { classNames } = this.trainedOn;
    return classNames.length === 0 || classNames.join('\n') === this.set.classNames.join('\n');
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
    const opened = openSnapshot(snapshot);
    const { network } = opened;
    try {
      const from = layerPath(network, layer, path);
      let all: Float32Array | undefined;
      let shape: readonly number[] = [];
      let block = 1;
      for (let start = 0; start < set.count; start += CHUNK) {
        const end = Math.min(set.count, start + CHUNK);
        const found = await outputs(network, inputOf(opened, part(set, start, end)), { layer: from });
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
    const opened = openSnapshot(snapshot);
    const { predictions, accuracy } = await evaluate(opened.network, inputOf(opened, this.set));
    opened.network.dispose();
    const found = { predictions: predictions as Int32Array, accuracy: accuracy as number };
    this.#predictions.set(snapshot.epoch, found);
    return found;
  }
}
