/**
 * How a tensor falls into tiles that people can look at: one per channel of an activation [N, H, W, C], one per (input, output)
 * channel of a convolution's weights [H, W, I, O], one for a matrix, one strip for a vector.
 */
export type TensorLayout = 'nhwc' | 'hwio' | 'matrix';

export interface Tiling {
  readonly tiles: number;
  readonly width: number;
  readonly height: number;
  /** Tiles of one row belong together (the inputs of one output channel); 0: no rows. */
  readonly perRow: number;
  /** Flat index into the tensor. */
  index(tile: number, y: number, x: number): number;
  /** What a tile is, for example `channel 3`. */
  name(tile: number): string;
}

/** A vector of up to this many values is one strip, a longer one wraps. */
const STRIP = 64;

/** The layout a shape suggests: rank 4 is an activation. */
export const defaultLayout = (shape: readonly number[]): TensorLayout => (shape.length === 4 ? 'nhwc' : 'matrix');

/**
 * @param sample which image n of an activation
 * @param shape any rank; a leading part of rank > 2 that is no image is folded into rows
 */
export function tile(shape: readonly number[], layout: TensorLayout, sample = 0): Tiling {
  if (shape.length === 4 && layout === 'nhwc') {
    const [, height, width, channels] = shape as [number, number, number, number];
    return {
      tiles: channels,
      width,
      height,
      perRow: 0,
      index: (c, y, x) => ((sample * height + y) * width + x) * channels + c,
      name: (c) => `channel ${c}`,
    };
  }
  if (shape.length === 4 && layout === 'hwio') {
    const [height, width, inputs, outputs] = shape as [number, number, number, number];
    return {
      tiles: inputs * outputs,
      width,
      height,
      perRow: inputs > 1 ? inputs : 0,
      index: (t, y, x) => ((y * width + x) * inputs + (t % inputs)) * outputs + Math.floor(t / inputs),
      name: (t) => `output ${Math.floor(t / inputs)}, input ${t % inputs}`,
    };
  }
  const count = shape.reduce((product, size) => product * size, 1);
  const last = shape.at(-1) ?? 1;
  const vector = count === last;
  const width = vector ? Math.min(count, STRIP) : last;
  return {
    tiles: count === 0 ? 0 : 1,
    width,
    height: Math.ceil(count / Math.max(1, width)),
    perRow: 0,
    index: (_, y, x) => y * width + x,
    name: () => (vector ? 'vector' : 'matrix'),
  };
}
