/** Principal components by orthogonal iteration (Golub & Van Loan, Matrix Computations, §8.2.4). */
import { scope } from '../memory.ts';
import { sub } from '../ops/binary.ts';
import { matmul } from '../ops/matmul.ts';
import { mean } from '../ops/reduce.ts';
import { tensor } from '../tensor.ts';

export interface PrincipalComponents {
  /** Coordinates of the points, [N, k]. */
  readonly projected: Float32Array<ArrayBuffer>;
  /** Variance along each component, largest first. */
  readonly variances: number[];
}

/** Gram–Schmidt on the columns of q [rows, k], in place, twice for orthogonality in f32. */
function orthonormalise(q: Float32Array, rows: number, k: number): void {
  for (let pass = 0; pass < 2; pass++) {
    for (let column = 0; column < k; column++) {
      for (let before = 0; before < column; before++) {
        let dot = 0;
        for (let row = 0; row < rows; row++) dot += (q[row * k + column] as number) * (q[row * k + before] as number);
        for (let row = 0; row < rows; row++)
          q[row * k + column] = (q[row * k + column] as number) - dot * (q[row * k + before] as number);
      }
      let norm = 0;
      for (let row = 0; row < rows; row++) norm += (q[row * k + column] as number) ** 2;
      norm = Math.sqrt(norm) || 1;
      for (let row = 0; row < rows; row++) q[row * k + column] = (q[row * k + column] as number) / norm;
    }
  }
}

/**
 * The first k principal components of points [N, D]. Each component's largest coefficient is positive, so the signs are determined.
 * @param iterations products with the covariance; 30 separates components well enough to start or compress t-SNE
 */
export async function principalComponents(
  points: Float32Array,
  N: number,
  k: number,
  iterations = 30,
): Promise<PrincipalComponents> {
  const D = points.length / N;
  const count = Math.min(k, D, N);
  const x = scope(() => {
    const raw = tensor(points, [N, D]);
    return sub(raw, mean(raw, { axes: 0, keepDims: true }));
  });
  // A fixed start that is orthogonal to nothing in particular keeps the result reproducible.
  let q = Float32Array.from({ length: D * count }, (_, i) => Math.sin(1 + 12.9898 * i));
  orthonormalise(q, D, count);
  for (let step = 0; step < iterations; step++) {
    const product = scope(() => matmul(x, matmul(x, tensor(q, [D, count])), { transposeA: true }));
    q = await product.data();
    product.dispose();
    orthonormalise(q, D, count);
  }
  for (let column = 0; column < count; column++) {
    let largest = 0;
    for (let row = 0; row < D; row++) {
      if (Math.abs(q[row * count + column] as number) > Math.abs(largest)) largest = q[row * count + column] as number;
    }
    if (largest < 0) for (let row = 0; row < D; row++) q[row * count + column] = -(q[row * count + column] as number);
  }
  const coordinates = scope(() => matmul(x, tensor(q, [D, count])));
  const projected = await coordinates.data();
  coordinates.dispose();
  x.dispose();
  const variances = Array.from({ length: count }, (_, column) => {
    let total = 0;
    for (let row = 0; row < N; row++) total += (projected[row * count + column] as number) ** 2;
    return total / Math.max(1, N - 1);
  });
  return { projected, variances };
}
