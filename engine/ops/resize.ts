/** Resizing, up-sampling and warping of images [N, H, W, C]. All are linear in the image, so each is its gradient's gradient. */
import { defineOperation, type Operation } from '../autodiff.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { type AffineWarpParams, affineWarpGradient, affineWarp as affineWarpKernel } from '../kernels/affine-warp.ts';
import { type ResizeParams, resizeGradient, resize as resizeKernel, resizeParams } from '../kernels/resize.ts';
import type { Shape, Tensor } from '../tensor.ts';
import { imageAxes, type Pair, pair } from './arguments.ts';
import { compute } from './run.ts';

export { similarity } from '../kernels/affine-warp.ts';

interface ResizeAttrs {
  readonly params: ResizeParams;
}

const small = (p: ResizeParams | AffineWarpParams): Shape => [p.batch, p.height, p.width, p.channels];
const large = (p: ResizeParams | AffineWarpParams): Shape => [p.batch, p.outHeight, p.outWidth, p.channels];

const resizeOp: Operation<ResizeAttrs> = defineOperation<ResizeAttrs>({
  name: 'resize2d',
  equation: resizeKernel.equation,
  saves: 'none',
  forward: ([x], { params }) => compute(resizeKernel, { x: x as Tensor }, large(params), params),
  gradient: (gy, { attrs }) => [resizeAdjoint([gy], attrs)],
});

const resizeAdjoint: Operation<ResizeAttrs> = defineOperation<ResizeAttrs>({
  name: 'resize2dGradient',
  equation: resizeGradient.equation,
  saves: 'none',
  forward: ([gy], { params }) => compute(resizeGradient, { gy: gy as Tensor }, small(params), params),
  gradient: (g, { attrs }) => [resizeOp([g], attrs)],
});

export interface InterpolationOptions {
  /** Default 'nearest'. */
  readonly mode?: 'nearest' | 'bilinear';
  /** Bilinear only: true maps corner pixels to corner pixels; false (default) treats pixels as areas (half-pixel rule). */
  readonly alignCorners?: boolean;
}

/** @throws ShapeError for images without a pixel: nothing can be read between none */
function filledImages(op: string, x: Tensor): ReturnType<typeof imageAxes> {
  const axes = imageAxes(op, x);
  if (axes.H === 0 || axes.W === 0) throw new ShapeError(op, [x.shape], 'the image must have at least one pixel');
  return axes;
}

/** Resizes to `size`, as torch.nn.functional.interpolate does. */
export function resize2d(x: Tensor, options: InterpolationOptions & { readonly size: Pair }): Tensor {
  const { N, H, W, C } = filledImages('resize2d', x);
  const size = pair(options.size, 'resize2d.size', 1);
  return resizeOp([x], { params: resizeParams({ ...options, shape: [N, H, W, C], size, mode: options.mode ?? 'nearest' }) });
}

/** Enlarges by `scale` (a number or a pair; the size is rounded down), as torch.nn.Upsample does. */
export function upsample2d(x: Tensor, options: InterpolationOptions & { readonly scale: Pair }): Tensor {
  const { N, H, W, C } = filledImages('upsample2d', x);
  const scale = typeof options.scale === 'number' ? ([options.scale, options.scale] as const) : options.scale;
  if (!scale.every((factor) => factor > 0)) throw new ConfigError('upsample2d.scale', 'must be greater than 0.');
  const size = [Math.floor(H * scale[0]), Math.floor(W * scale[1])] as const;
  if (size[0] < 1 || size[1] < 1) throw new ShapeError('upsample2d', [x.shape], 'the scaled image must have at least one pixel');
  return resizeOp([x], {
    params: resizeParams({ ...options, shape: [N, H, W, C], size, scale, mode: options.mode ?? 'nearest' }),
  });
}

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
