import { ShapeError } from '../errors.ts';
import { scope } from '../memory.ts';
import { div, mul, sqrt, square, sub, sum } from '../ops/index.ts';
import { sameShape, type Tensor } from '../tensor.ts';

/**
 * d_B(P, Q) = 1 − Σ √(P/ΣP · Q/ΣQ) over two whole matrices of probabilities (MODE's replication, §4.3 step 3; after Bhattacharyya 1943).
 * Computed as ½ Σ (√(P/ΣP) − √(Q/ΣQ))², which is the same and exact for matrices that are nearly equal.
 * @param p and `q` not negative, of one shape, each with a sum above 0
 * @returns a scalar: 0 for equal matrices, 1 where no entry is above 0 in both
 * @throws ShapeError where the shapes differ
 */
export function bhattacharyya(p: Tensor, q: Tensor): Tensor {
  if (!sameShape(p.shape, q.shape) || p.size === 0) {
    throw new ShapeError('bhattacharyya', [p.shape, q.shape], 'both must have one shape that is not empty');
  }
  return scope(() => {
    const root = (x: Tensor) => sqrt(div(x, sum(x)));
    return mul(sum(square(sub(root(p), root(q)))), 0.5);
  });
}
