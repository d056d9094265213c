/** What a repair must beat: hiding at random (DeVries & Taylor 2017, Cutout) and, as an oracle, hiding exactly the cue. */
import { constantTable } from '../constant.ts';
import { ConfigError } from '../errors.ts';
import { scope } from '../memory.ts';
import { abs, affine, less, mul, randomUniform, sub } from '../ops/index.ts';
import type { DeviceGenerator } from '../ops/random.ts';
import { reshape } from '../ops/shape.ts';
import { type Tensor, tensor } from '../tensor.ts';
import type { Batch } from '../train/data.ts';
import { hide } from './masks.ts';

/** 0, 1, 2 … */
const count = (like: Tensor, length: number): Tensor =>
  constantTable(`count ${length}`, like.device, [length], () => Float32Array.from({ length }, (_, i) => i));

/**
 * Hides one square of each image, its centre uniform over the image and not on whole pixels, so that parts of it may lie outside.
 * @param x images [N, H, W, C]
 * @param options.size side of the square in pixels
 */
export function cutout(
  x: Tensor,
  options: { readonly size: number; readonly rng: DeviceGenerator; readonly fill?: number },
): Tensor {
  const { size, rng, fill = 0 } = options;
  if (!(size > 0)) throw new ConfigError('cutout.size', `must be above 0, got ${size}.`);
  const [n, h, w] = x.shape as [number, number, number];
  return scope(() => {
    // 1 where the middle of a row or column lies within half the side of the centre, which is anywhere from one edge of the image to the other.
    const within = (length: number, shape: readonly number[]) => {
      const centre = affine(randomUniform([n, 1, 1], { rng }), length, -0.5);
      return less(abs(sub(reshape(count(x, length), shape), centre)), size / 2);
    };
    return hide(x, mul(within(h, [1, h, 1]), within(w, [1, 1, w])), fill);
  });
}

export interface Region {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** Hides the same region of all images: the oracle that knows where the cue is. */
export function eraseRegion(x: Tensor, { top, left, height, width }: Region, fill = 0): Tensor {
  const [n, h, w] = x.shape as [number, number, number];
  return scope(() => {
    const mask = new Float32Array(h * w);
    for (let y = Math.max(0, top); y < Math.min(h, top + height); y++) {
      mask.fill(1, y * w + Math.max(0, left), y * w + Math.min(w, left + width));
    }
    const one = tensor(mask, [1, h, w], { device: x.device });
    return hide(
      x,
      n === 1
        ? one
        : mul(
            one,
            constantTable(`ones ${n}`, x.device, [n, 1, 1], () => new Float32Array(n).fill(1)),
          ),
      fill,
    );
  });
}

/** A change of images as a trainer's transform. */
export function onInputs(change: (x: Tensor, rng: DeviceGenerator) => Tensor): (batch: Batch, rng: DeviceGenerator) => Batch {
  return (batch, rng) => ({ ...batch, inputs: change(batch.inputs, rng) });
}
