/** Images whose cue we put there ourselves: what a network makes of it is measured by taking it away again. */
import { ArgumentError, ConfigError, kindOf, ShapeError } from '../../errors.ts';
import { scope } from '../../memory.ts';
import { mul, reshape, slice, where } from '../../ops/index.ts';
import { sameShape, Tensor, tensor } from '../../tensor.ts';
import { checkTargets } from '../scores.ts';

/** Pairs of images with and without a cue. */
export interface CueImages {
  /** With the cue, [N, H, W, C], in the network's units. */
  readonly x: Tensor;
  /** The same without it. */
  readonly without: Tensor;
  /** 1 where the two differ, on the host: N lists of H·W. */
  readonly cue: readonly Uint8Array[];
  /** The same, [N, H, W, 1]. */
  readonly mask: Tensor;
  /** Class whose score is explained, for each image. */
  readonly targets: readonly number[];
}

/**
 * Pairs from two batches of images. The caller disposes of `mask`.
 * @throws ShapeError unless both have one shape [N, H, W, C]; ConfigError where an image has no cue
 */
export async function cueImages(x: Tensor, without: Tensor, targets: readonly number[]): Promise<CueImages> {
  for (const batch of [x, without]) {
    if (!(batch instanceof Tensor)) throw new ArgumentError('cueImages', `the images must be tensors, not ${kindOf(batch)}`);
  }
  if (x.rank !== 4 || !sameShape(x.shape, without.shape)) {
    throw new ShapeError('cueImages', [x.shape, without.shape], 'both must be images [N, H, W, C] of one shape');
  }
  const [n, h, w, c] = x.shape as [number, number, number, number];
  checkTargets(targets, n, Number.POSITIVE_INFINITY);
  const [a, b] = await Promise.all([x.data(), without.data()]);
  const cue = Array.from({ length: n }, (_, i) => {
    const pixels = new Uint8Array(h * w);
    for (let at = i * h * w * c; at < (i + 1) * h * w * c; at++) if (a[at] !== b[at]) pixels[Math.floor(at / c) - i * h * w] = 1;
    if (!pixels.includes(1)) throw new ConfigError(`x[${i}]`, 'has no cue: it equals the image without one.');
    return pixels;
  });
  const mask = tensor(Float32Array.from(cue.flatMap((pixels) => [...pixels])), [n, h, w, 1], { device: x.device });
  return { x, without, cue, mask, targets };
}

/** The first pairs. The caller disposes of the tensors. */
export function firstPairs({ x, without, cue, mask, targets }: CueImages, count: number): CueImages {
  const n = Math.min(count, targets.length);
  const first = (of: Tensor) =>
    scope(() =>
      slice(
        of.detach(),
        of.shape.map(() => 0),
        [n, ...of.shape.slice(1)],
      ),
    );
  return { x: first(x), without: first(without), mask: first(mask), cue: cue.slice(0, n), targets: targets.slice(0, n) };
}

/** The images at hand (noisy ones, for example) with the cue taken away. */
export function withoutCue({ mask, without }: CueImages, x: Tensor): Tensor {
  return scope(() => where(mask, without.detach(), x.detach()));
}

/** A value for each image on the pixels of its cue, divided among them, 0 elsewhere: [N, H, W]. */
export function onCue({ cue, mask }: CueImages, values: Tensor): Tensor {
  const [n, h, w] = mask.shape as [number, number, number];
  const share = tensor(
    Float32Array.from(cue, (pixels) => 1 / pixels.reduce((sum, one) => sum + one, 0)),
    [n, 1, 1],
    { device: mask.device },
  );
  return scope(() => mul(mul(reshape(mask, [n, h, w]), reshape(values, [n, 1, 1])), share));
}
