/** Affine warp of NHWC images (rotate, scale, translate, shear), bilinear, and its gradient with respect to the image. */

import shader from '../../shaders/affine-warp.wgsl';
import { fourAtOnce } from '../../shaders/build/constants.ts';
import { cos as cosine, sin as sine } from '../math/index.ts';
import { perItem } from './grids.ts';
import { defineKernel, dispatch, type KernelArray, type Variant } from './kernel.ts';

/**
 * `matrix` holds six numbers [a b c d e f] for all images (`matrices` 1) or for each (`matrices` = batch): output pixel (q, p) shows input
 * column a·q + b·p + c, row d·q + e·p + f. `fill` is the value outside.
 */
export type AffineWarpParams = {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly matrices: number;
  readonly fill: number;
};

/** The matrix that turns an image by `angle` (radians, counter-clockwise on screen), scales and shifts it about its centre. */
export function similarity(
  size: readonly [height: number, width: number],
  { angle = 0, scale = 1, shiftX = 0, shiftY = 0 }: { angle?: number; scale?: number; shiftX?: number; shiftY?: number },
): Float32Array<ArrayBuffer> {
  const [centerY, centerX] = [(size[0] - 1) / 2, (size[1] - 1) / 2];
  const cos = cosine(angle) / scale;
  const sin = sine(angle) / scale;
  const [fromX, fromY] = [centerX + shiftX, centerY + shiftY];
  return Float32Array.of(cos, -sin, centerX - cos * fromX + sin * fromY, sin, cos, centerY - sin * fromX - cos * fromY);
}

const inputs = (p: AffineWarpParams) => p.batch * p.height * p.width * p.channels;
const outputs = (p: AffineWarpParams) => p.batch * p.outHeight * p.outWidth * p.channels;

/** Calls `visit` for each of the four pixels that each output blends; `input` is -1 outside the image. */
function forEachTap(
  matrix: KernelArray,
  p: AffineWarpParams,
  visit: (output: number, input: number, weight: number) => void,
): void {
  for (let n = 0; n < p.batch; n++) {
    const start = 6 * Math.min(n, p.matrices - 1);
    const [a, b, c, d, e, f] = matrix.subarray(start, start + 6) as unknown as [number, number, number, number, number, number];
    for (let i = 0; i < p.outHeight; i++) {
      for (let j = 0; j < p.outWidth; j++) {
        const column = a * j + b * i + c;
        const row = d * j + e * i + f;
        for (let tap = 0; tap < 4; tap++) {
          const y = Math.floor(row) + (tap >> 1);
          const x = Math.floor(column) + (tap & 1);
          const weight = (1 - Math.abs(row - y)) * (1 - Math.abs(column - x));
          const inside = y >= 0 && x >= 0 && y < p.height && x < p.width;
          for (let k = 0; k < p.channels; k++) {
            const input = inside ? ((n * p.height + y) * p.width + x) * p.channels + k : -1;
            visit(((n * p.outHeight + i) * p.outWidth + j) * p.channels + k, input, weight);
          }
        }
      }
    }
  }
}

const EXAMPLE: AffineWarpParams = { batch: 1, height: 3, width: 3, channels: 4, outHeight: 3, outWidth: 3, matrices: 1, fill: 0 };

function variantsOf(entry: 'naive' | 'gradient', items: (p: AffineWarpParams) => number) {
  const variants: Variant<AffineWarpParams>[] = [
    { id: 'naive', plan: (p, caps) => ({ dispatches: [dispatch(shader, entry, p, perItem(items(p), caps, 64))] }) },
    {
      id: 'vectors',
      applies: (p) => p.channels % 4 === 0,
      plan: (p, caps) => ({ dispatches: [dispatch(fourAtOnce(shader), entry, p, perItem(items(p) / 4, caps, 64))] }),
    },
  ];
  return variants;
}

export const affineWarp = defineKernel<'x' | 'matrix', 'y', AffineWarpParams>({
  name: 'affineWarp',
  equation: 'y_{npqk} = x_{n,\\,dq + ep + f,\\,aq + bp + c,\\,k}',
  inputs: ['x', 'matrix'],
  outputs: ['y'],
  sizes: (p) => ({ x: inputs(p), matrix: 6 * p.matrices, y: outputs(p) }),
  example: EXAMPLE,
  reference({ x, matrix }, { y }, p) {
    y.fill(0);
    forEachTap(matrix, p, (output, input, weight) => {
      y[output] = (y[output] as number) + weight * (input < 0 ? p.fill : (x[input] as number));
    });
  },
  variants: variantsOf('naive', outputs),
});

export const affineWarpGradient = defineKernel<'gy' | 'matrix', 'gx', AffineWarpParams>({
  name: 'affineWarpGradient',
  equation: 'g_{x,nyxk} = \\sum_{p,q} (1 - |dq + ep + f - y|)_+\\,(1 - |aq + bp + c - x|)_+\\,g_{y,npqk}',
  inputs: ['gy', 'matrix'],
  outputs: ['gx'],
  sizes: (p) => ({ gy: outputs(p), matrix: 6 * p.matrices, gx: inputs(p) }),
  example: EXAMPLE,
  reference({ gy, matrix }, { gx }, p) {
    gx.fill(0);
    forEachTap(matrix, p, (output, input, weight) => {
      if (input >= 0) gx[input] = (gx[input] as number) + weight * (gy[output] as number);
    });
  },
  variants: variantsOf('gradient', inputs),
});
