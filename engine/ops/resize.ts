/** Resizing and up-sampling of images [N, H, W, C]. All are linear in the image, so each is its gradient's gradient. */
import { defineOperation, type Operation } from '../autodiff.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { type ResizeParams, resizeGradient, resize as resizeKernel, resizeParams } from '../kernels/resize.ts';
import type { Shape, Tensor } from '../tensor.ts';
import { imageAxes, type Pair, pair } from './arguments.ts';
import { compute } from './run.ts';

interface ResizeAttrs {
  readonly params: ResizeParams;
}

const small = (p: ResizeParams): Shape => [p.batch, p.height, p.width, p.channels];
const large = (p: ResizeParams): Shape => [p.batch, p.outHeight, p.outWidth, p.channels];

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
