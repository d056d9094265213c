import { type ColorMap, colorize } from '../../shell/colors.ts';
import type { Theme } from '../../shell/tokens.ts';

/** Many pictures of one size in one array, NHWC. */
export interface ImageBatch {
  /** Bytes (0–255) or floats (see `range` and `map`); length count · height · width · channels. */
  readonly data: Uint8Array | Float32Array;
  readonly count: number;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** Floats: the values shown as black and white; default [0, 1]. */
  readonly range?: readonly [black: number, white: number];
  /** Floats with one channel: a colour map instead of grey. Diverging maps are centred at 0. */
  readonly map?: ColorMap;
  /** End of the colour map; default: the largest magnitude of the whole batch, so that pictures compare. */
  readonly limit?: number;
}

/** Largest finite magnitude, 0 where there is none. */
export function largestMagnitude(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i] as number);
    if (Number.isFinite(size) && size > largest) largest = size;
  }
  return largest;
}

/** Picture `index` of a batch as RGBA bytes. Values that are not finite get the loud colour. */
export function imageRgba(batch: ImageBatch, index: number, theme: Theme): Uint8ClampedArray<ArrayBuffer> {
  const size = batch.width * batch.height;
  const out = new Uint8ClampedArray(size * 4);
  const from = index * size * batch.channels;
  const { data, channels } = batch;
  if (batch.map && batch.map !== 'gray' && channels === 1) {
    colorize(data.subarray(from, from + size), batch.map, batch.limit ?? largestMagnitude(data), theme, out);
    return out;
  }
  const bytes = data instanceof Uint8Array;
  const [black, white] = batch.range ?? [0, 1];
  const gain = bytes ? 1 : 255 / (white - black || 1);
  const offset = bytes ? 0 : black;
  const loud = new Uint8ClampedArray(4);
  colorize([Number.NaN], 'gray', 1, theme, loud);
  for (let i = 0; i < size; i++) {
    for (let c = 0; c < 3; c++) {
      const value = data[from + i * channels + (channels === 3 ? c : 0)] as number;
      out[i * 4 + c] = Number.isFinite(value) ? (value - offset) * gain : (loud[c] as number);
    }
    out[i * 4 + 3] = 255;
  }
  return out;
}
