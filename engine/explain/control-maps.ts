/** Maps that explain nothing, which every explanation must beat: the same everywhere, random, the edges of the image, the image itself. */

import { noGrad } from '../autodiff.ts';
import { constantTable } from '../constant.ts';
import { ShapeError } from '../errors.ts';
import { scope } from '../memory.ts';
import { checkTensor } from '../ops/arguments.ts';
import { abs, add, conv2d, mean, permute, randomUniform, reshape, sqrt, square } from '../ops/index.ts';
import type { DeviceGenerator } from '../ops/random.ts';
import { ones, type Tensor } from '../tensor.ts';

const sizesOf = (x: Tensor): [number, number, number, number] => {
  checkTensor('controlMap', x, 'the images');
  if (x.rank !== 4) throw new ShapeError('controlMap', [x.shape], 'the images must be [N, H, W, C]');
  return x.shape as unknown as [number, number, number, number];
};

/** 1 everywhere: [N, H, W]. */
export function uniformMap(x: Tensor): Tensor {
  const [n, h, w] = sizesOf(x);
  return ones([n, h, w], { device: x.device });
}

/** Uniform random numbers: [N, H, W]. */
export function randomMap(x: Tensor, rng: DeviceGenerator): Tensor {
  const [n, h, w] = sizesOf(x);
  return randomUniform([n, h, w], { rng });
}

/** The mean magnitude of the channels: [N, H, W]. */
export function inputMap(x: Tensor): Tensor {
  sizesOf(x);
  return noGrad(() => scope(() => mean(abs(x), { axes: [3] })));
}

/** √(g_y² + g_x²) of Sobel's filters (Sobel & Feldman 1968), averaged over the channels; zeros beyond the border. [N, H, W] */
export function edgeMap(x: Tensor): Tensor {
  const [n, h, w, c] = sizesOf(x);
  return noGrad(() =>
    scope(() => {
      const sobel = (name: string, at: (u: number, v: number) => number) =>
        constantTable(`sobel ${name}`, x.device, [3, 3, 1, 1], () =>
          Float32Array.from({ length: 9 }, (_, i) => at(Math.floor(i / 3) - 1, (i % 3) - 1)),
        );
      const planes = reshape(permute(x, [0, 3, 1, 2]), [n * c, h, w, 1]);
      const down = conv2d(
        planes,
        sobel('y', (u, v) => u * (2 - Math.abs(v))),
        null,
        { padding: 1 },
      );
      const right = conv2d(
        planes,
        sobel('x', (u, v) => v * (2 - Math.abs(u))),
        null,
        { padding: 1 },
      );
      return mean(reshape(sqrt(add(square(down), square(right))), [n, c, h, w]), { axes: [1] });
    }),
  );
}
