/** Where a trainer's batches come from. Data live on the host and are opened on a device; after a lost device they are opened again. */
import { type ImageDataset, imageSize, type Normalisation } from '../data/dataset.ts';
import type { RecordingDevice } from '../device/recording-device.ts';
import { ArgumentError, ConfigError, kindOf, ShapeError } from '../errors.ts';
import { gatherImages, gatherRows } from '../kernels/batch.ts';
import { keep } from '../memory.ts';
import { run } from '../ops/run.ts';
import { checkShape, emptyTensor, type Shape, sizeOf, type Tensor, tensor } from '../tensor.ts';

/** One batch. */
export interface Batch {
  /** [B, …]. */
  readonly inputs: Tensor;
  /** Labels i32 [B], or targets [B, …]. */
  readonly targets: Tensor;
}

/** Which samples a batch holds: data on the device, so that a recorded step can go through an epoch. */
export interface Selection {
  /** u32: an order of all samples. */
  readonly indices: Tensor;
  /** u32 [1]: where in `indices` the batch starts. */
  readonly cursor: Tensor;
  /** Samples of the batch. */
  readonly batch: number;
}

/** Data on a device. */
export interface OpenData {
  /** The selected samples. Called inside a step, which may be recorded. */
  batch(selection: Selection): Batch;
  dispose(): void;
}

/** Data to train or evaluate on. */
export interface TrainingData {
  /** Number of samples. */
  readonly count: number;
  /** Shape of one input, without the batch. */
  readonly inputShape: Shape;
  /** Number of classes and labels on the host, where the targets are labels: for accuracies and confusion matrices. */
  readonly classes?: number;
  readonly labels?: ArrayLike<number>;
  open(device: RecordingDevice): OpenData;
  /** Tells data sets apart; stored in checkpoints. */
  hash(): string;
}

/** FNV-1a over bytes, as eight hexadecimal digits: enough to notice that a checkpoint meets other data. */
export function hashBytes(...parts: readonly ArrayBufferView[]): string {
  let hash = 0x811c9dc5;
  for (const part of parts) {
    const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
    for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}

function rows(source: Tensor, length: number, samples: number, shape: Shape, { indices, cursor, batch }: Selection): Tensor {
  const y = emptyTensor([batch, ...shape], 'batch', source.dtype, source.device);
  run(gatherRows, { rows: source, indices, cursor, y }, { batch, length, samples, steps: indices.size });
  return y;
}

export interface ImageDataOptions {
  /** (byte/255 − mean)/std; the data set's own constants when left out, byte/255 for null. */
  readonly normalisation?: Normalisation | null;
  /** 'labels' (default), or 'images' to learn the images themselves (a denoiser, an autoencoder). */
  readonly targets?: 'labels' | 'images';
}

/** Images that lie on the device as bytes and are normalised when a batch is gathered. */
export function imageData(dataset: ImageDataset, options: ImageDataOptions = {}): TrainingData {
  const { height, width, channels, count } = dataset;
  const length = imageSize(dataset);
  const inputShape = [height, width, channels];
  const normalisation = options.normalisation === undefined ? dataset : options.normalisation;
  const mean = [...(normalisation?.mean ?? [0])];
  const std = [...(normalisation?.std ?? [1])];
  const labelled = (options.targets ?? 'labels') === 'labels';
  if (count === 0) throw new ConfigError('data', `'${dataset.name}' (${dataset.split}) holds no images.`);
  let hash: string | undefined;
  return {
    count,
    inputShape,
    ...(labelled ? { classes: dataset.classNames.length, labels: dataset.labels } : {}),
    hash: () => (hash ??= hashBytes(dataset.images, dataset.labels, Float64Array.of(...mean, ...std))),
    open(device) {
      const packed = new Uint8Array(Math.ceil(dataset.images.length / 4) * 4);
      packed.set(dataset.images);
      const images = keep(tensor(new Uint32Array(packed.buffer), undefined, { dtype: 'u32', device }));
      const labels = labelled ? keep(tensor(Int32Array.from(dataset.labels), undefined, { dtype: 'i32', device })) : undefined;
      return {
        batch(selection) {
          const { indices, cursor, batch } = selection;
          const inputs = emptyTensor([batch, ...inputShape], 'batch', 'f32', device);
          const params = { batch, length, channels, samples: count, steps: indices.size, mean, std };
          run(gatherImages, { images, indices, cursor, y: inputs }, params);
          return { inputs, targets: labels ? rows(labels, 1, count, [], selection) : inputs };
        },
        dispose() {
          images.dispose();
          labels?.dispose();
        },
      };
    },
  };
}

/** Values on the host with the shape of one sample. */
export interface Samples {
  /** count · (product of shape) values. */
  readonly values: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
  /** Shape of one sample; [] for labels and single numbers. */
  readonly shape: Shape;
}

/** @throws ArgumentError unless these are values in a typed array of the engine, with a shape */
function checkSamples(what: string, samples: Samples): void {
  const { values, shape } = samples ?? {};
  if (!(values instanceof Float32Array || values instanceof Int32Array)) {
    throw new ArgumentError('arrayData', `the values of ${what} must be a Float32Array or an Int32Array, not ${kindOf(values)}`);
  }
  checkShape('arrayData', shape);
}

/**
 * Numbers as they are: points of a regression, features, activations. Targets of an Int32Array with shape [] are labels; all other
 * integers are taken as the floats of the same values.
 * @param classes number of classes, for labels; default the largest label and one
 * @throws ShapeError when inputs and targets are not of one count
 * @throws ArgumentError for values that are in no Float32Array or Int32Array
 */
export function arrayData(inputs: Samples, targets: Samples, classes?: number): TrainingData {
  checkSamples('inputs', inputs);
  checkSamples('targets', targets);
  const count = inputs.values.length / sizeOf(inputs.shape);
  if (!Number.isInteger(count) || targets.values.length !== count * sizeOf(targets.shape) || count === 0) {
    throw new ShapeError(
      'arrayData',
      [[inputs.values.length], [targets.values.length]],
      'there must be one target for each input',
    );
  }
  const labels = targets.values instanceof Int32Array && targets.shape.length === 0 ? targets.values : undefined;
  const upload = ({ values }: Samples, device: RecordingDevice) =>
    keep(tensor(values, undefined, { dtype: values === labels ? 'i32' : 'f32', device }));
  return {
    count,
    inputShape: inputs.shape,
    ...(labels ? { labels, classes: classes ?? labels.reduce((most, label) => Math.max(most, label), -1) + 1 } : {}),
    hash: () => hashBytes(inputs.values, targets.values),
    open(device) {
      const sources = [upload(inputs, device), upload(targets, device)] as const;
      const select = (source: Tensor, { shape }: Samples, selection: Selection) =>
        rows(source, sizeOf(shape), count, shape, selection);
      return {
        batch: (selection) => ({
          inputs: select(sources[0], inputs, selection),
          targets: select(sources[1], targets, selection),
        }),
        dispose() {
          for (const source of sources) source.dispose();
        },
      };
    },
  };
}
