import { ArgumentError, ConfigError, kindOf, ShapeError } from '../errors.ts';

/** Draws the next number of a uniform distribution on [0, 1). Data functions take one, so that the seed stays with the caller. */
export type Uniform = () => number;

/** What is known of a set of images besides the images. */
export interface ImageSetInfo {
  /** Name as `loadDataset` knows it, for example 'fashion-mnist'. */
  readonly name: string;
  /** 'train', 'test', or what a split made of them is called. */
  readonly split: string;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Name of each label; labels are indices into this list. */
  readonly classNames: readonly string[];
  /** Mean of each channel on the scale 0…1, the constant that the literature subtracts. */
  readonly mean: readonly number[];
  /** Standard deviation of each channel on the scale 0…1, the constant that the literature divides by. */
  readonly std: readonly number[];
}

/** Labelled images of one size, 8 bits a channel: N·H·W·C bytes in NHWC order. */
export interface ImageDataset extends ImageSetInfo {
  readonly count: number;
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

/** @throws ArgumentError unless these are images with labels */
export function checkDataset(op: string, dataset: unknown): void {
  const { labels, classNames } = (dataset ?? {}) as Partial<ImageDataset>;
  if (ArrayBuffer.isView(labels) && Array.isArray(classNames)) return;
  throw new ArgumentError(op, `it takes a data set such as loadDataset gives, not ${kindOf(dataset)}`);
}

/** Bytes of one image. */
export function imageSize(info: Pick<ImageSetInfo, 'height' | 'width' | 'channels'>): number {
  return info.height * info.width * info.channels;
}

/**
 * Makes a data set of images and labels, checking that they fit each other.
 *
 * @param info size, names and constants
 * @param images N·H·W·C bytes
 * @param labels N bytes, each below the number of class names
 * @throws ShapeError when the numbers of bytes do not fit; ConfigError when a label has no class name
 */
export function imageDataset(info: ImageSetInfo, images: Uint8Array, labels: Uint8Array): ImageDataset {
  const { name, split, height, width, channels, classNames, mean, std } = info;
  const size = imageSize(info);
  if (images.length !== labels.length * size) {
    throw new ShapeError(
      'imageDataset',
      [[images.length], [labels.length, height, width, channels]],
      'there must be one image for each label',
    );
  }
  if (mean.length !== channels || std.length !== channels) {
    throw new ShapeError(
      'imageDataset',
      [[mean.length], [std.length], [channels]],
      'mean and std must have one number a channel',
    );
  }
  const stray = labels.findIndex((label) => label >= classNames.length);
  if (stray >= 0)
    throw new ConfigError(`labels[${stray}]`, `is ${labels[stray]}, but '${name}' has ${classNames.length} classes`);
  return { name, split, height, width, channels, classNames, mean, std, count: labels.length, images, labels };
}

/** Image number `index` as a view (no copy): H·W·C bytes. */
export function imageAt(dataset: ImageDataset, index: number): Uint8Array {
  checkDataset('imageAt', dataset);
  const size = imageSize(dataset);
  if (!Number.isInteger(index) || index < 0 || index >= dataset.count) {
    throw new ConfigError('index', `must be a whole number from 0 to ${dataset.count - 1}, got ${index}`);
  }
  return dataset.images.subarray(index * size, (index + 1) * size);
}

/** The images with the given indices, in that order (copied). An index may occur more than once. */
export function subset(dataset: ImageDataset, indices: ArrayLike<number>, split = dataset?.split): ImageDataset {
  checkDataset('subset', dataset);
  const size = imageSize(dataset);
  const images = new Uint8Array(indices.length * size);
  const labels = new Uint8Array(indices.length);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] as number;
    images.set(imageAt(dataset, index), i * size);
    labels[i] = dataset.labels[index] as number;
  }
  return { ...dataset, split, count: labels.length, images, labels };
}

/** The first `count` images (all, when there are fewer), as views. */
export function take(dataset: ImageDataset, count: number): ImageDataset {
  checkDataset('take', dataset);
  const kept = Math.min(Math.max(0, Math.floor(count)), dataset.count);
  if (kept === dataset.count) return dataset;
  return {
    ...dataset,
    count: kept,
    images: dataset.images.subarray(0, kept * imageSize(dataset)),
    labels: dataset.labels.subarray(0, kept),
  };
}

/** The images whose label is in `classes`, in their order; the labels and class names stay as they are. */
export function ofClasses(dataset: ImageDataset, classes: readonly number[]): ImageDataset {
  checkDataset('ofClasses', dataset);
  return subset(
    dataset,
    indicesWhere(dataset, (label) => classes.includes(label)),
  );
}

/** Indices of the images for which `test` holds, in ascending order. */
export function indicesWhere(dataset: ImageDataset, test: (label: number, index: number) => boolean): number[] {
  checkDataset('indicesWhere', dataset);
  const indices: number[] = [];
  dataset.labels.forEach((label, index) => {
    if (test(label, index)) indices.push(index);
  });
  return indices;
}

/** Number of images of each class. */
export function classCounts(dataset: Pick<ImageDataset, 'labels' | 'classNames'>): number[] {
  checkDataset('classCounts', dataset);
  const counts = new Array<number>(dataset.classNames.length).fill(0);
  for (const label of dataset.labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

/** The numbers 0…count−1 in random order (Fisher & Yates 1938, in the form of Durstenfeld 1964: every order is equally likely). */
export function permutation(count: number, uniform: Uniform): Uint32Array<ArrayBuffer> {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    const swapped = order[i] as number;
    order[i] = order[j] as number;
    order[j] = swapped;
  }
  return order;
}

/** The same images in random order. */
export function shuffle(dataset: ImageDataset, uniform: Uniform): ImageDataset {
  checkDataset('shuffle', dataset);
  return subset(dataset, permutation(dataset.count, uniform));
}

/**
 * Splits at random into two sets without common images.
 *
 * @param dataset what to split
 * @param held images of the second set: a fraction when below 1, else a number
 * @param uniform source of random numbers; the same draws give the same split
 * @returns the rest, named 'train', and the held-out images, named 'validation'
 * @throws ConfigError when `held` leaves one of the two empty
 */
export function splitDataset(
  dataset: ImageDataset,
  held: number,
  uniform: Uniform,
): { train: ImageDataset; validation: ImageDataset } {
  checkDataset('splitDataset', dataset);
  const size = held < 1 ? Math.round(held * dataset.count) : Math.floor(held);
  if (!(size >= 1 && size < dataset.count)) {
    throw new ConfigError('held', `must leave images on both sides of ${dataset.count}, got ${held}`);
  }
  const order = permutation(dataset.count, uniform);
  return {
    train: subset(dataset, order.subarray(0, dataset.count - size), 'train'),
    validation: subset(dataset, order.subarray(dataset.count - size), 'validation'),
  };
}

/**
 * One set after the other, without shuffling. The labels keep their numbers, so class names come from the first set and must be as many
 * in each; the constants for normalisation too come from the first (a denoiser trained on MNIST sees Fashion-MNIST in MNIST's units).
 *
 * @throws ShapeError when the images are not of one size
 */
export function concatenate(sets: readonly ImageDataset[], name?: string): ImageDataset {
  const first = sets[0];
  if (!first) throw new ConfigError('sets', 'must hold at least one data set');
  for (const set of sets) {
    if (set.height !== first.height || set.width !== first.width || set.channels !== first.channels) {
      const shape = (d: ImageDataset): number[] => [d.count, d.height, d.width, d.channels];
      throw new ShapeError('concatenate', [shape(first), shape(set)], 'the images must be of one size');
    }
    if (set.classNames.length !== first.classNames.length) {
      throw new ConfigError(
        'sets',
        `'${set.name}' has ${set.classNames.length} classes, '${first.name}' ${first.classNames.length}`,
      );
    }
  }
  const count = sets.reduce((sum, set) => sum + set.count, 0);
  const images = new Uint8Array(count * imageSize(first));
  const labels = new Uint8Array(count);
  let at = 0;
  for (const set of sets) {
    images.set(set.images, at * imageSize(first));
    labels.set(set.labels, at);
    at += set.count;
  }
  return { ...first, name: name ?? sets.map((set) => set.name).join('+'), count, images, labels };
}

/** Mean and (population) standard deviation of each channel over all pixels, on the scale 0…1. */
export function channelStatistics(dataset: ImageDataset): { mean: number[]; std: number[] } {
  checkDataset('channelStatistics', dataset);
  const { channels, images } = dataset;
  const sum = new Float64Array(channels);
  const squares = new Float64Array(channels);
  for (let i = 0; i < images.length; i++) {
    const value = images[i] as number;
    const c = i % channels;
    sum[c] = (sum[c] as number) + value;
    squares[c] = (squares[c] as number) + value * value;
  }
  const pixels = images.length / channels;
  const mean = [...sum].map((s) => s / pixels);
  const std = [...squares].map((s, c) => Math.sqrt(Math.max(0, s / pixels - (mean[c] as number) ** 2)));
  return { mean: mean.map((m) => m / 255), std: std.map((s) => s / 255) };
}

/** Constants for `toFloat32`: with `mean` 0 and `std` 1 a pixel is its byte divided by 255. */
export interface Normalisation {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/**
 * Images as floats: (byte/255 − mean)/std for each channel, NHWC.
 *
 * @param dataset the images
 * @param indices which ones, in order; all when left out
 * @param normalisation constants, the data set's own when left out; null for byte/255
 */
export function toFloat32(
  dataset: ImageDataset,
  indices?: ArrayLike<number>,
  normalisation: Normalisation | null = dataset,
): Float32Array<ArrayBuffer> {
  checkDataset('toFloat32', dataset);
  const size = imageSize(dataset);
  const { channels } = dataset;
  const count = indices?.length ?? dataset.count;
  // 256 byte values a channel: a table saves a division for each pixel.
  const table = new Float32Array(256 * channels);
  for (let c = 0; c < channels; c++) {
    const mean = normalisation?.mean[c] ?? 0;
    const std = normalisation?.std[c] ?? 1;
    for (let value = 0; value < 256; value++) table[value * channels + c] = (value / 255 - mean) / std;
  }
  const out = new Float32Array(count * size);
  for (let i = 0; i < count; i++) {
    const start = (indices ? (indices[i] as number) : i) * size;
    for (let p = 0; p < size; p++)
      out[i * size + p] = table[(dataset.images[start + p] as number) * channels + (p % channels)] as number;
  }
  return out;
}
