/** Masks from saliency maps: what MaskTune hides (Taghanaki et al. 2022, arXiv 2210.00055, and its re-implementation). */
import { noGrad } from '../autodiff.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { scope } from '../memory.ts';
import {
  add,
  affine,
  div,
  greater,
  greaterEqual,
  max,
  maximum,
  mean,
  min,
  mul,
  percentile,
  reshape,
  resize2d,
  sqrt,
  square,
  sub,
  sum,
} from '../ops/index.ts';
import type { Tensor } from '../tensor.ts';

/**
 * Which cells of a map are hidden.
 * - `topK`: those above the percentile 100(1 − k), the most salient share k;
 * - `threshold`: those above `threshold`;
 * - `mean`: those above k times the mean of the map;
 * - `paper`: on the resized map, those above μ₊ + 2σ₊, mean and (population) standard deviation over its positive values.
 */
export type MaskRule =
  | { readonly rule: 'topK'; readonly k: number }
  | { readonly rule: 'threshold'; readonly threshold: number }
  | { readonly rule: 'mean'; readonly k: number }
  | { readonly rule: 'paper' };

export interface MaskOptions {
  /** Height and width of the images. */
  readonly size: readonly [height: number, width: number];
  /**
   * Hides a pixel wholly or not at all, where the resized mask is at least ½. Default false: the first three rules give a soft mask (a hard
   * one on the grid, bilinearly resized), the paper's rule is hard in any case.
   */
  readonly hard?: boolean;
}

/** (L − min L)/(max(L − min L) + ε) for each map [N, H, W]: in [0, 1], 0 everywhere for a flat map (LABS §6.4, ε = 1e-8). */
export function normaliseMaps(maps: Tensor, epsilon = 1e-8): Tensor {
  return scope(() => {
    const axes = [1, 2];
    const shifted = sub(maps, min(maps, { axes, keepDims: true }));
    return div(shifted, affine(max(shifted, { axes, keepDims: true }), 1, epsilon));
  });
}

/** The greatest float32 that is not above x: for a float32 v, v > x exactly where v > floorFloat32(x). */
function floorFloat32(x: number): number {
  const nearest = Math.fround(x);
  if (nearest <= x) return nearest;
  const bits = new Int32Array(Float32Array.of(nearest).buffer);
  // The next float32 below: one less in its bits, or one more where it is negative.
  bits[0] = (bits[0] as number) + (nearest > 0 ? -1 : 1);
  return new Float32Array(bits.buffer)[0] as number;
}

function checkShare(path: string, value: number, low: number, high: number): void {
  if (!(value >= low && value <= high)) throw new ConfigError(path, `must be a number from ${low} to ${high}, got ${value}.`);
}

const resized = (maps: Tensor, size: readonly [number, number]): Tensor => {
  const [n, h, w] = maps.shape as [number, number, number];
  return reshape(resize2d(reshape(maps, [n, h, w, 1]), { size, mode: 'bilinear' }), [n, ...size]);
};

/**
 * Of a resized mask of zeros and ones, ½ but for rounding: pixels whose value is ½ in exact arithmetic lie at the rim of every cell (8 → 28:
 * the fourth of each seven), and float32, by device and by place, puts them on either side.
 */
const JUST_HALF = 0.5 - 1e-5;

/** μ₊ + 2σ₊ of each map, [N, 1, 1]; 0 where nothing is positive, so that nothing is above it. */
function paperThreshold(maps: Tensor): Tensor {
  const axes = [1, 2];
  const positive = greater(maps, 0);
  const count = maximum(sum(positive, { axes, keepDims: true }), 1);
  const mu = div(sum(mul(maps, positive), { axes, keepDims: true }), count);
  const variance = div(sum(mul(square(sub(maps, mu)), positive), { axes, keepDims: true }), count);
  return add(mu, affine(sqrt(variance), 2, 0));
}

/** The hard mask on the grid of the map. */
function gridMask(maps: Tensor, rule: Exclude<MaskRule, { rule: 'paper' }>): Tensor {
  const [n, h, w] = maps.shape as [number, number, number];
  switch (rule.rule) {
    case 'topK': {
      checkShare('mask.k', rule.k, 0, 1);
      return greater(maps, reshape(percentile(reshape(maps, [n, h * w]), 100 * (1 - rule.k)), [n, 1, 1]));
    }
    case 'threshold':
      checkShare('mask.threshold', rule.threshold, -1, 1);
      return greater(maps, floorFloat32(rule.threshold));
    case 'mean':
      checkShare('mask.k', rule.k, 0, 1e6);
      return greater(maps, affine(mean(maps, { axes: [1, 2], keepDims: true }), rule.k, 0));
    default:
      throw new ConfigError('mask.rule', `'${(rule as MaskRule).rule}' is no rule; use topK, threshold, mean or paper.`);
  }
}

/**
 * What to hide of each image.
 * @param maps saliency [N, h, w] in [0, 1] (see `normaliseMaps`)
 * @returns [N, H, W]: 1 = hide, 0 = keep, in between where a soft mask is resized. Of a map without a positive value nothing is hidden by
 *   `paper`, `threshold` ≥ 0, `topK` and `mean`.
 * @throws ShapeError where the maps are not [N, h, w]; ConfigError for an unknown rule or a number out of range
 */
export function saliencyMask(maps: Tensor, rule: MaskRule, { size, hard = false }: MaskOptions): Tensor {
  if (maps.rank !== 3) throw new ShapeError('saliencyMask', [maps.shape], 'the maps must be [N, h, w]');
  return noGrad(() =>
    scope(() => {
      if (rule.rule === 'paper') {
        const large = resized(maps, size);
        return greater(large, paperThreshold(large));
      }
      const mask = resized(gridMask(maps, rule), size);
      return hard ? greaterEqual(mask, JUST_HALF) : mask;
    }),
  );
}

/** x ⊙ (1 − M) + fill ⊙ M on all channels. @param x [N, H, W, C] @param mask [N, H, W], 1 = hide @param fill default 0 */
export function hide(x: Tensor, mask: Tensor, fill = 0): Tensor {
  const [n, h, w] = x.shape as [number, number, number];
  if (x.rank !== 4 || mask.rank !== 3 || mask.shape.some((length, axis) => length !== [n, h, w][axis])) {
    throw new ShapeError('hide', [x.shape, mask.shape], 'the images must be [N, H, W, C] and the masks [N, H, W]');
  }
  return scope(() => {
    const hidden = reshape(mask, [n, h, w, 1]);
    const kept = mul(x, affine(hidden, -1, 1));
    return fill === 0 ? kept : add(kept, affine(hidden, fill, 0));
  });
}
