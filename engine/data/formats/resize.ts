import { ConfigError } from '../../errors.ts';
import type { RasterImage } from './image.ts';

/**
 * How an image is stretched.
 * - `bilinear`: two neighbours an axis, half-pixel centres, no antialiasing: s = (d + ½)·in/out − ½ (PyTorch `align_corners=False`,
 *   OpenCV `INTER_LINEAR`). Exact for enlarging; skips pixels when it shrinks by more than 2.
 * - `area`: each output pixel is the mean of the rectangle that it covers. The better choice for shrinking.
 */
export type ResizeMethod = 'bilinear' | 'area';

/** For each output position along one axis: the first source position, and the weights of it and of those that follow. */
interface AxisTaps {
  readonly first: Int32Array;
  readonly weights: readonly Float64Array[];
}

function bilinearTaps(size: number, out: number): AxisTaps {
  const first = new Int32Array(out);
  const weights: Float64Array[] = [];
  for (let d = 0; d < out; d++) {
    const s = Math.max(0, ((d + 0.5) * size) / out - 0.5);
    const low = Math.min(Math.floor(s), size - 1);
    const fraction = s - low;
    first[d] = low;
    weights.push(low + 1 < size && fraction > 0 ? Float64Array.of(1 - fraction, fraction) : Float64Array.of(1));
  }
  return { first, weights };
}

function areaTaps(size: number, out: number): AxisTaps {
  const first = new Int32Array(out);
  const weights: Float64Array[] = [];
  const scale = size / out;
  for (let d = 0; d < out; d++) {
    const start = d * scale;
    const end = start + scale;
    const low = Math.min(Math.floor(start), size - 1);
    const high = Math.min(Math.max(Math.ceil(end), low + 1), size);
    const taps = new Float64Array(high - low);
    for (let s = low; s < high; s++) taps[s - low] = Math.max(0, Math.min(end, s + 1) - Math.max(start, s)) / scale;
    first[d] = low;
    weights.push(taps);
  }
  return { first, weights };
}

/**
 * Stretches samples to height × width, whatever the proportions (no crop, no border).
 *
 * @param source samples [inHeight, inWidth, channels], any numeric scale
 * @returns float samples [height, width, channels] on the scale of the source
 * @throws ConfigError when a size is not a positive whole number
 */
export function resizeSamples(
  source: ArrayLike<number>,
  inHeight: number,
  inWidth: number,
  channels: number,
  height: number,
  width: number,
  method: ResizeMethod = 'bilinear',
): Float32Array<ArrayBuffer> {
  for (const [name, size] of Object.entries({ inHeight, inWidth, channels, height, width })) {
    if (!Number.isInteger(size) || size < 1)
      throw new ConfigError(`resize.${name}`, `must be a positive whole number, got ${size}`);
  }
  const taps = method === 'area' ? areaTaps : bilinearTaps;
  const rows = taps(inHeight, height);
  const columns = taps(inWidth, width);
  // Along x first: it leaves inHeight × width samples.
  const narrow = new Float64Array(inHeight * width * channels);
  for (let y = 0; y < inHeight; y++) {
    for (let x = 0; x < width; x++) {
      const weights = columns.weights[x] as Float64Array;
      const start = (y * inWidth + (columns.first[x] as number)) * channels;
      const target = (y * width + x) * channels;
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += (weights[k] as number) * (source[start + k * channels + c] as number);
        narrow[target + c] = sum;
      }
    }
  }
  const out = new Float32Array(height * width * channels);
  const line = width * channels;
  for (let y = 0; y < height; y++) {
    const weights = rows.weights[y] as Float64Array;
    const start = (rows.first[y] as number) * line;
    for (let i = 0; i < line; i++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += (weights[k] as number) * (narrow[start + k * line + i] as number);
      out[y * line + i] = sum;
    }
  }
  return out;
}

/** Stretches an image to height × width; values are rounded to the nearest integer. Errors as `resizeSamples`. */
export function resizeImage(image: RasterImage, height: number, width: number, method: ResizeMethod = 'bilinear'): RasterImage {
  if (image.height === height && image.width === width) return image;
  const samples = resizeSamples(image.data, image.height, image.width, image.channels, height, width, method);
  const data = Uint8Array.from(samples, (value) => Math.round(value));
  return { width, height, channels: image.channels, data };
}
