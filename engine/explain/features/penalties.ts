/** What keeps a pixel image from turning into noise: penalties on its frequencies (Olah et al. 2017, the regularisation playground). */
import { constantTable } from '../../constant.ts';
import { ShapeError } from '../../errors.ts';
import { abs, add, affine, conv2d, div, maximum, mean, permute, reshape, slice, square, sub, sum } from '../../ops/index.ts';
import type { Tensor } from '../../tensor.ts';

function shapeOf(op: string, image: Tensor): [number, number, number, number] {
  if (image.rank !== 4) throw new ShapeError(op, [image.shape], 'the images must be [N, H, W, C]');
  return image.shape as unknown as [number, number, number, number];
}

const each = (x: Tensor): Tensor => sum(x, { axes: [1, 2, 3] });

/** TV(x) = Σ |x_{i+1,j} − x_ij| + |x_{i,j+1} − x_ij| over pixels and channels of each image (Rudin et al. 1992, anisotropic): [N]. */
export function totalVariation(image: Tensor): Tensor {
  const [n, h, w, c] = shapeOf('totalVariation', image);
  const down = sub(slice(image, [0, 1, 0, 0], [n, h, w, c]), slice(image, [0, 0, 0, 0], [n, h - 1, w, c]));
  const right = sub(slice(image, [0, 0, 1, 0], [n, h, w, c]), slice(image, [0, 0, 0, 0], [n, h, w - 1, c]));
  return add(each(abs(down)), each(abs(right)));
}

/** Σ |x − centre| of each image: [N]. @param centre default ½, mid grey */
export function l1Penalty(image: Tensor, centre = 0.5): Tensor {
  shapeOf('l1Penalty', image);
  return each(abs(affine(image, 1, -centre)));
}

/** 3×3 with centre 1 and ½ elsewhere, normalised to a sum of 1, on each channel; zeros beyond the border. */
export function blur(image: Tensor): Tensor {
  const [n, h, w, c] = shapeOf('blur', image);
  const kernel = constantTable('blur 3×3', image.device, [3, 3, 1, 1], () =>
    Float32Array.from({ length: 9 }, (_, i) => (i === 4 ? 1 : 0.5) / 5),
  );
  // Every channel is an image of its own.
  const planes = reshape(permute(image, [0, 3, 1, 2]), [n * c, h, w, 1]);
  return permute(reshape(conv2d(planes, kernel, null, { padding: 1 }), [n, c, h, w]), [0, 2, 3, 1]);
}

/** ½ Σ (x − blur(x))² of each image, the blurred image taken as constant: [N]. Its gradient pulls every pixel towards its neighbours. */
export function blurPenalty(image: Tensor): Tensor {
  return affine(each(square(sub(image, blur(image.detach()).detach()))), 0.5, 0);
}

/**
 * Σ (d − blur(d))²/Σ d² of each image, d = x − x̄ its difference from its mean colour: how much of its contrast lies in the finest detail.
 * 0 for an image without contrast. [N]
 */
export function highFrequencyShare(image: Tensor): Tensor {
  shapeOf('highFrequencyShare', image);
  // Of the difference, as the blur has zeros beyond the border: an even image has no edge there.
  const difference = sub(image, mean(image, { axes: [1, 2], keepDims: true }));
  const detail = each(square(sub(difference, blur(difference))));
  return div(detail, maximum(each(square(difference)), 1e-12));
}
