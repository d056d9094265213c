/**
 * Explanations judged by what happens when pixels go: deletion and insertion (Petsiuk et al. 2018, RISE), infidelity and max-sensitivity
 * (Yeh et al. 2019, On the (In)fidelity and Sensitivity of Explanations), and occlusion (Zeiler & Fergus 2014), which explains by the same means.
 */

import { noGrad } from '../autodiff.ts';
import { ConfigError, requireRecord, ShapeError } from '../errors.ts';
import { roundHalfEven } from '../kernels/unary.ts';
import { keep, scope } from '../memory.ts';
import type { Network } from '../nn/network.ts';
import { checkTensor } from '../ops/arguments.ts';
import { add, affine, less, mul, reshape, softmax, sub, sum, where } from '../ops/index.ts';
import { sameShape, type Tensor, tensor } from '../tensor.ts';
import { checkSubject, inEvaluation, selection, type Targets, targetTensor } from './scores.ts';

/** What stands where pixels have gone: one value, or an image (such as a blurred copy) of a shape that broadcasts to the input's. */
export type Fill = number | Tensor;

export interface PerturbationOptions {
  /** Pixels go or come in this many equal portions. Default 20. */
  readonly steps?: number;
  /** Default 0. */
  readonly fill?: Fill;
  readonly onStep?: (done: number, total: number) => void;
}

/** Both rows are [N, …], row-major. */
export interface PerturbationCurve {
  readonly steps: number;
  /** Softmax probability of the target after each portion: [N, steps + 1]. */
  readonly curve: Float32Array<ArrayBuffer>;
  /** Its mean by the trapezoid rule: [N]. */
  readonly area: Float32Array<ArrayBuffer>;
}

/** Position of each pixel in the order of its map, the largest value first, equal values by index. */
export function pixelRanks(map: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const order = Uint32Array.from({ length: map.length }, (_, i) => i).sort(
    (a, b) => (map[b] as number) - (map[a] as number) || a - b,
  );
  const ranks = new Float32Array(map.length);
  order.forEach((pixel, rank) => {
    ranks[pixel] = rank;
  });
  return ranks;
}

/** Ranks of the pixels of each map [N, H, W], as a tensor [N, H, W, 1]. @throws ShapeError unless the maps fit the images */
async function rankTensor(op: string, x: Tensor, maps: Tensor): Promise<Tensor> {
  checkTensor(op, maps, 'the maps');
  const [n, h, w] = x.shape as [number, number, number];
  if (x.rank !== 4 || !sameShape(maps.shape, [n, h, w])) {
    throw new ShapeError(op, [x.shape, maps.shape], 'the images must be [N, H, W, C] and the maps [N, H, W]');
  }
  const values = await maps.data();
  const ranks = new Float32Array(values.length);
  for (let i = 0; i < n; i++) ranks.set(pixelRanks(values.subarray(i * h * w, (i + 1) * h * w)), i * h * w);
  return keep(tensor(ranks, [n, h, w, 1], { device: x.device }));
}

/** Softmax probability of each sample's target, [N]. */
export function targetProbability(network: Network, x: Tensor, targets: Targets): Tensor {
  const scores = network.forward(x);
  return sum(mul(softmax(scores), selection(scores, targets)), { axes: [1] });
}

async function perturb(
  op: 'deletion' | 'insertion',
  network: Network,
  x: Tensor,
  targets: Targets,
  maps: Tensor,
  { steps = 20, fill = 0, onStep }: PerturbationOptions,
): Promise<PerturbationCurve> {
  if (!Number.isInteger(steps) || steps < 1)
    throw new ConfigError('steps', `must be a whole number of at least 1, got ${steps}.`);
  const ranks = await rankTensor(op, x, maps);
  const [n, h, w] = x.shape as [number, number, number];
  const curve = new Float32Array(n * (steps + 1));
  try {
    for (let s = 0; s <= steps; s++) {
      const gone = portion(s, steps, h * w);
      const probabilities = scope(() =>
        noGrad(() =>
          inEvaluation(network, () => {
            // A comparison with 0 needs no constant of its own for each number.
            const chosen = less(affine(ranks, 1, -gone), 0);
            const mask = op === 'insertion' ? chosen : affine(chosen, -1, 1);
            return targetProbability(network, where(mask, x.detach(), fill), targets);
          }),
        ),
      );
      const values = await probabilities.data();
      probabilities.dispose();
      for (let i = 0; i < n; i++) curve[i * (steps + 1) + s] = values[i] as number;
      onStep?.(s + 1, steps + 1);
    }
  } finally {
    ranks.dispose();
  }
  return { steps, curve, area: areasUnder(curve, steps) };
}

/** Pixels of `size` that have gone or come after portion s of `steps`. */
export const portion = (s: number, steps: number, size: number): number => roundHalfEven((s * size) / steps);

/** Mean of each row of curves [N, steps + 1] by the trapezoid rule. */
export function areasUnder(curve: Float32Array, steps: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: curve.length / (steps + 1) }, (_, i) => {
    const row = curve.subarray(i * (steps + 1), (i + 1) * (steps + 1));
    const ends = ((row[0] as number) + (row[steps] as number)) / 2;
    return (row.reduce((total, value) => total + value, 0) - ends) / steps;
  });
}

/**
 * Replaces the pixels of each image (all channels) by the fill in the order of its map, the largest first: after portion s of `steps`,
 * round(s·HW/steps) of them. A map that names what the network needs makes the probability fall early: a small area.
 * @param x images [N, H, W, C]
 * @param maps [N, H, W]
 */
export function deletion(
  network: Network,
  x: Tensor,
  targets: Targets,
  maps: Tensor,
  options: PerturbationOptions = {},
): Promise<PerturbationCurve> {
  checkSubject(network, x);
  requireRecord('deletion', options);
  return perturb('deletion', network, x, targets, maps, options);
}

/** As `deletion`, but only the pixels named so far are kept: a good map makes the probability rise early, a large area. */
export function insertion(
  network: Network,
  x: Tensor,
  targets: Targets,
  maps: Tensor,
  options: PerturbationOptions = {},
): Promise<PerturbationCurve> {
  checkSubject(network, x);
  requireRecord('insertion', options);
  return perturb('insertion', network, x, targets, maps, options);
}

export interface OcclusionOptions {
  /** Side of the window, or [height, width], in pixels. */
  readonly window: number | readonly [height: number, width: number];
  /** Pixels between neighbouring windows. Default: half the window, at least 1. */
  readonly stride?: number;
  /** Default 0. */
  readonly fill?: Fill;
  readonly onStep?: (done: number, total: number) => void;
}

/** Starts of windows that cover [0, length) with the last one flush with the end. */
function starts(length: number, window: number, stride: number): number[] {
  const list: number[] = [];
  for (let at = 0; at + window < length; at += stride) list.push(at);
  return [...list, length - window];
}

/**
 * S_c(x) − S_c(x with a window filled), spread over the window and averaged over all windows that cover a pixel: [N, H, W] (Zeiler & Fergus
 * 2014). Positive where the class loses by the occlusion.
 */
export function occlusion(network: Network, x: Tensor, targets: Targets, options: OcclusionOptions): Tensor {
  checkSubject(network, x);
  requireRecord('occlusion', options);
  const [n, h, w] = x.shape as [number, number, number];
  if (x.rank !== 4) throw new ShapeError('occlusion', [x.shape], 'the images must be [N, H, W, C]');
  const [wh, ww] = typeof options.window === 'number' ? [options.window, options.window] : options.window;
  for (const [side, most] of [
    [wh, h],
    [ww, w],
  ] as const) {
    if (!Number.isInteger(side) || side < 1 || side > most)
      throw new ConfigError('window', `must be whole numbers from 1 to ${h}×${w}, got ${wh}×${ww}.`);
  }
  const { stride = Math.max(1, Math.floor(Math.min(wh, ww) / 2)), fill = 0, onStep } = options;
  if (!Number.isInteger(stride) || stride < 1 || stride > Math.min(wh, ww)) {
    throw new ConfigError('stride', `must be a whole number from 1 to the window's side, got ${stride}.`);
  }
  const windows = starts(h, wh, stride).flatMap((top) => starts(w, ww, stride).map((left) => [top, left] as const));
  return inEvaluation(network, () =>
    noGrad(() =>
      scope(() => {
        const labels = targetTensor(targets, n, x);
        const score = (image: Tensor) => {
          const scores = network.forward(image);
          return sum(mul(scores, selection(scores, labels)), { axes: [1] });
        };
        const before = score(x.detach());
        const covered = new Float32Array(h * w);
        let total: Tensor | undefined;
        windows.forEach(([top, left], index) => {
          const previous = total;
          total = scope(() => {
            const window = new Float32Array(h * w);
            for (let y = top; y < top + wh; y++) for (let c = left; c < left + ww; c++) window[y * w + c] = 1;
            window.forEach((value, pixel) => {
              covered[pixel] = (covered[pixel] as number) + value;
            });
            const inside = tensor(window, [1, h, w], { device: x.device });
            const outside = affine(reshape(inside, [1, h, w, 1]), -1, 1);
            const change = sub(before, score(where(outside, x.detach(), fill)));
            const part = mul(inside, reshape(change, [n, 1, 1]));
            return previous ? add(previous, part) : part;
          });
          previous?.dispose();
          onStep?.(index + 1, windows.length);
        });
        const share = tensor(
          covered.map((count) => 1 / count),
          [1, h, w],
          { device: x.device },
        );
        return mul(total as Tensor, share);
      }),
    ),
  );
}
