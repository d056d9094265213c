/** Turning, scaling and shifting images [N, H, W, C]: linear in the image, so each is its gradient's gradient. */
import { defineOperation, type Operation } from '../autodiff.ts';
import { ShapeError } from '../errors.ts';
import { type AffineWarpParams, affineWarpGradient, affineWarp as affineWarpKernel } from '../kernels/affine-warp.ts';
import type { Shape, Tensor } from '../tensor.ts';
import { imageAxes, type Pair, pair } from './arguments.ts';
import { compute } from './run.ts';

export { similarity } from '../kernels/affine-warp.ts';

const small = (p: AffineWarpParams): Shape => [p.batch, p.height, p.width, p.channels];
const large = (p: AffineWarpParams): Shape => [p.batch, p.outHeight, p.outWidth, p.channels];

interface WarpAttrs {
  readonly params: AffineWarpParams;
}

const warpOp: Operation<WarpAttrs> = defineOperation<WarpAttrs>({
  name: 'affineWarp',
  equation: affineWarpKernel.equation,
  saves: 'inputs',
  forward: ([x, matrix], { params }) =>
    compute(affineWarpKernel, { x: x as Tensor, matrix: matrix as Tensor }, large(params), params),
  gradient: (gy, { inputs, attrs }) => [warpAdjoint([gy, inputs[1] as Tensor], attrs), null],
});

const warpAdjoint: Operation<WarpAttrs> = defineOperation<WarpAttrs>({
  name: 'affineWarpGradient',
  equation: affineWarpGradient.equation,
  saves: 'inputs',
  forward: ([gy, matrix], { params }) =>
    compute(affineWarpGradient, { gy: gy as Tensor, matrix: matrix as Tensor }, small(params), params),
  gradient: (g, { inputs, attrs }) => [warpOp([g, inputs[1] as Tensor], { params: { ...attrs.params, fill: 0 } }), null],
});

export interface WarpOptions {
  /** Output height and width; default the input's. */
  readonly size?: Pair;
  /** What lies outside the image; default 0. */
  readonly fill?: number;
}

/**
 * Bilinear affine warp, differentiable with respect to the image.
 * @param matrix [6] for all images or [N, 6]: a, b, c, d, e, f; output pixel (column q, row p) shows input column a·q + b·p + c and row
 *   d·q + e·p + f. `similarity()` makes one that rotates, scales and shifts.
 */
export function affineWarp(x: Tensor, matrix: Tensor, options: WarpOptions = {}): Tensor {
  const { N, H, W, C } = imageAxes('affineWarp', x);
  const matrices = matrix.size / 6;
  if (matrix.shape.at(-1) !== 6 || (matrices !== 1 && matrices !== N)) {
    throw new ShapeError('affineWarp', [x.shape, matrix.shape], 'the matrix must be [6] or [N, 6]');
  }
  const [outHeight, outWidth] = options.size === undefined ? [H, W] : pair(options.size, 'affineWarp.size', 1);
  const params = { batch: N, height: H, width: W, channels: C, outHeight, outWidth, matrices, fill: options.fill ?? 0 };
  return warpOp([x, matrix], { params });
}
