/** Clean and tainted copies of MNIST (LABS: §2.1 of the exercise). */
import { allDots, allGrid, globalCorruption, localCorruption, taint } from '../../../engine/data/corruptions.ts';
import type { ImageDataset } from '../../../engine/data/dataset.ts';
import { uniformFrom } from '../../../engine/data/uniform.ts';
import { Generator } from '../../../engine/index.ts';
import type { ConfigOf } from '../../runtime/schema.ts';
import type { Cues } from './cues.ts';
import { NORMALISATION } from './normalisation.ts';
import type { schema } from './schema.ts';

export { NORMALISATION };
export type Config = ConfigOf<typeof schema>;

/** One pixel in normalised units. */
export const normalised = (byte: number): number => (byte / 255 - NORMALISATION.mean[0]) / NORMALISATION.std[0];

/** The second data set of the lab. @param share of the images of a class that carry its cue */
export function corrupt(clean: ImageDataset, config: Cues, share: number, stream: string): ImageDataset {
  const uniform = uniformFrom(new Generator(config.seed, stream));
  const random = share < 1 ? { uniform } : {};
  const dot = {
    label: config.dotClass,
    row: config.dotRow,
    col: config.dotColumn,
    size: Math.min(config.dotSize, 28 - Math.max(config.dotRow, config.dotColumn)),
    value: config.dotValue,
    fraction: share,
    ...random,
  };
  const grid = { label: config.gridClass, amplitude: config.amplitude, stride: config.stride, fraction: share, ...random };
  switch (config.taintedSet) {
    case 'tainted':
      return taint(clean, { dot, grid });
    case 'only dots':
      return localCorruption(clean, dot);
    case 'only grid':
      return globalCorruption(clean, grid);
    case 'all dots':
      return allDots(clean, dot);
    case 'all grid':
      return allGrid(clean, grid);
  }
}

/** Bytes of one image as the network sees it. */
export function asInput({ images, height, width }: ImageDataset, index: number): Float32Array<ArrayBuffer> {
  const size = height * width;
  return Float32Array.from(images.subarray(index * size, (index + 1) * size), normalised);
}
