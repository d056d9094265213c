/** Batches gathered on the device: bytes to normalised floats, labels and rows, by a shuffled list of sample indices. */
import shader from '../../shaders/batch.wgsl';
import { perItem } from './grids.ts';
import { defineKernel, dispatch, type KernelArray } from './kernel.ts';
import type { Vec4 } from './strides.ts';

/** `samples` in the data set, `steps` indices in the list (at least cursor + batch), `length` elements of a sample. */
interface BatchSizes {
  readonly batch: number;
  readonly length: number;
  readonly samples: number;
  readonly steps: number;
}

/** One mean and std per channel, in units of byte / 255; one of each serves all channels. */
export type ImageBatchParams = BatchSizes & {
  readonly channels: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
};

/** y = byte · scale + shift, the channels' values repeated over a vector. */
function normalisation({ channels, mean, std }: ImageBatchParams): { scale: Vec4; shift: Vec4; period: number } {
  if (mean.length !== std.length || (mean.length !== 1 && mean.length !== channels) || mean.length > 4) {
    throw new RangeError(`mean and std need 1 or ${channels} values (at most 4), not ${mean.length} and ${std.length}`);
  }
  const at = (values: readonly number[], k: number) => values[k % values.length] as number;
  const four = (f: (k: number) => number): Vec4 => [f(0), f(1), f(2), f(3)];
  return {
    scale: four((k) => 1 / (255 * at(std, k))),
    shift: four((k) => -at(mean, k) / at(std, k)),
    period: mean.length,
  };
}

/** Index of the sample at position b of the batch. */
const sampleAt = (indices: KernelArray, cursor: KernelArray, b: number) => indices[(cursor[0] as number) + b] as number;

/**
 * A batch of images from bytes, four to a word (little-endian), samples one after another.
 * `cursor[0]` is the position in `indices` where the batch starts.
 */
export const gatherImages = defineKernel<'images' | 'indices' | 'cursor', 'y', ImageBatchParams>({
  name: 'gatherImages',
  equation: 'y_{be} = \\frac{x_{i_b e}/255 - \\mu_c}{\\sigma_c}',
  inputs: ['images', 'indices', 'cursor'],
  outputs: ['y'],
  types: { images: 'u32', indices: 'u32', cursor: 'u32' },
  sizes: ({ batch, length, samples, steps }) => ({
    images: Math.ceil((samples * length) / 4),
    indices: steps,
    cursor: 1,
    y: batch * length,
  }),
  example: { batch: 2, length: 16, channels: 1, samples: 3, steps: 4, mean: [0.5], std: [0.25] },
  reference({ images, indices, cursor }, { y }, p) {
    for (let b = 0; b < p.batch; b++) {
      const start = sampleAt(indices, cursor, b) * p.length;
      for (let e = 0; e < p.length; e++) {
        const word = images[Math.floor((start + e) / 4)] as number;
        const byte = (word >>> (8 * ((start + e) % 4))) & 255;
        const c = (e % p.channels) % p.mean.length;
        y[b * p.length + e] = (byte / 255 - (p.mean[c] as number)) / (p.std[c] as number);
      }
    }
  },
  variants: [
    {
      id: 'naive',
      plan(p, caps) {
        const { scale, shift, period } = normalisation(p);
        const params = { batch: p.batch, length: p.length, channels: period, scale, shift };
        return { dispatches: [dispatch(shader, 'imagesNaive', params, perItem(p.batch * p.length, caps))] };
      },
    },
    {
      id: 'vectors',
      applies: (p) => p.length % 4 === 0 && p.mean.length !== 3,
      plan(p, caps) {
        const { scale, shift, period } = normalisation(p);
        const params = { batch: p.batch, length: p.length, channels: period, scale, shift };
        const grid = perItem((p.batch * p.length) / 4, caps);
        return { dispatches: [dispatch(shader, 'imagesVectors', params, grid, { buffers: { y4: 'y' } })] };
      },
    },
  ],
});

/** Rows of 32-bit words of any type by the same list: labels (length 1), features. */
export const gatherRows = defineKernel<'rows' | 'indices' | 'cursor', 'y', BatchSizes>({
  name: 'gatherRows',
  equation: 'y_{be} = x_{i_b e}',
  inputs: ['rows', 'indices', 'cursor'],
  outputs: ['y'],
  types: { rows: 'u32', indices: 'u32', cursor: 'u32', y: 'u32' },
  words: ['rows', 'y'],
  sizes: ({ batch, length, samples, steps }) => ({ rows: samples * length, indices: steps, cursor: 1, y: batch * length }),
  example: { batch: 2, length: 1, samples: 3, steps: 4 },
  reference({ rows, indices, cursor }, { y }, { batch, length }) {
    for (let b = 0; b < batch; b++) {
      const start = sampleAt(indices, cursor, b) * length;
      for (let e = 0; e < length; e++) y[b * length + e] = rows[start + e] as number;
    }
  },
  variants: [
    {
      id: 'naive',
      plan({ batch, length }, caps) {
        const params = { batch, length, channels: 1, scale: [1, 1, 1, 1], shift: [0, 0, 0, 0] } as const;
        const grid = perItem(batch * length, caps);
        return { dispatches: [dispatch(shader, 'gatherWords', params, grid, { buffers: { words: 'y' } })] };
      },
    },
  ],
});
