/** Sorting, and percentiles by it. */
import { ConfigError, ShapeError } from '../errors.ts';
import { sortRows } from '../kernels/sort.ts';
import type { Tensor } from '../tensor.ts';
import { add, maximum, minimum, sub } from './binary.ts';
import { compute } from './run.ts';
import { reshape, slice } from './shape.ts';
import { affine } from './unary.ts';

/** Elements of the last axis in rising order, every NaN behind +∞, as in PyTorch. No gradient. */
export function sort(x: Tensor): Tensor {
  const length = x.shape.at(-1);
  if (length === undefined) throw new ShapeError('sort', [x.shape], 'there must be an axis to sort along');
  if (x.size === 0) return x.alias();
  return compute(sortRows, { x }, x.shape, { rows: x.size / length, length });
}

/**
 * The q-th percentile along the last axis with linear interpolation, as numpy.percentile computes it: at position q(n − 1)/100 of the sorted
 * values; NaN where one of the values is NaN. No gradient.
 * @param q from 0 to 100
 * @returns x's shape with a last axis of length 1
 * @throws ConfigError for another q; ShapeError where the axis is empty
 */
export function percentile(x: Tensor, q: number): Tensor {
  if (!(q >= 0 && q <= 100)) throw new ConfigError('percentile.q', `${q} is no percentage between 0 and 100.`);
  const n = x.shape.at(-1);
  if (!n) throw new ShapeError('percentile', [x.shape], 'the last axis must not be empty');
  const lead = x.shape.slice(0, -1);
  const sorted = reshape(sort(x), [-1, n]);
  const position = (q / 100) * (n - 1);
  const below = Math.floor(position);
  const share = position - below;
  const at = (i: number) => slice(sorted, [0, i], [sorted.shape[0] as number, i + 1]);
  // Written so that equal neighbours give their value exactly.
  const value = share === 0 ? at(below) : add(at(below), affine(sub(at(below + 1), at(below)), share, 0));
  // The last of the sorted values is NaN where any is: −∞ or NaN, which the maximum leaves alone or takes over.
  const poison = minimum(at(n - 1), Number.NEGATIVE_INFINITY);
  return reshape(maximum(value, poison), [...lead, 1]);
}
