/** Principal components by subspace iteration with a Rayleigh–Ritz step (Halko, Martinsson & Tropp, SIAM Review 53, 2011). */

import { scope } from '../memory.ts';
import { sub } from '../ops/binary.ts';
import { matmul } from '../ops/matmul.ts';
import { mean } from '../ops/reduce.ts';
import { Generator } from '../random.ts';
import { type Tensor, tensor } from '../tensor.ts';
import { symmetricEigen } from './eigen.ts';
import { checkPoints, rescaled } from './points.ts';

export interface PrincipalComponents {
  /** Coordinates of the points, [N, k]. */
  readonly projected: Float32Array<ArrayBuffer>;
  /** Directions, [D, k], orthonormal; the largest coefficient of each is positive, so the signs are determined. */
  readonly components: Float32Array<ArrayBuffer>;
  /** Variance along each component, largest first. */
  readonly variances: number[];
}

/** Directions carried beside the wanted ones: the iteration separates the wanted from the first that is not carried. */
const OVERSAMPLING = 8;

/** Gram–Schmidt on the columns of q [rows, k], twice for orthogonality; columns without a part of their own become 0. */
function orthonormalise(q: Float32Array, rows: number, k: number): void {
  for (let column = 0; column < k; column++) {
    const length = Math.sqrt(dotColumns(q, rows, k, column, column));
    for (let pass = 0; pass < 2; pass++) {
      for (let before = 0; before < column; before++) {
        const dot = dotColumns(q, rows, k, column, before);
        for (let row = 0; row < rows; row++) {
          q[row * k + column] = (q[row * k + column] as number) - dot * (q[row * k + before] as number);
        }
      }
    }
    const norm = Math.sqrt(dotColumns(q, rows, k, column, column));
    // What is left of a dependent column is rounding, no direction.
    const factor = norm > 1e-5 * length ? 1 / norm : 0;
    for (let row = 0; row < rows; row++) q[row * k + column] = (q[row * k + column] as number) * factor;
  }
}

function dotColumns(q: Float32Array, rows: number, k: number, a: number, b: number): number {
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += (q[row * k + a] as number) * (q[row * k + b] as number);
  return sum;
}

/** Columns of q [rows, m] combined by the first `count` columns of `turn` [m, m]. */
function combine(q: Float32Array, rows: number, m: number, turn: Float64Array, count: number): Float32Array<ArrayBuffer> {
  const made = new Float32Array(rows * count);
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < count; c++) {
      let sum = 0;
      for (let j = 0; j < m; j++) sum += (q[row * m + j] as number) * (turn[j * m + c] as number);
      made[row * count + c] = sum;
    }
  }
  return made;
}

/** -1 for columns whose largest coefficient is negative. */
function signs(columns: Float32Array, rows: number, count: number): number[] {
  return Array.from({ length: count }, (_, c) => {
    let largest = 0;
    for (let row = 0; row < rows; row++) {
      const value = columns[row * count + c] as number;
      if (Math.abs(value) > Math.abs(largest)) largest = value;
    }
    return largest < 0 ? -1 : 1;
  });
}

/**
 * The first k principal components of points [N, D] (fewer where N or D is smaller).
 * @param iterations products with the covariance
 * @throws ShapeError where the coordinates do not fill N rows; ConfigError for one that is not finite
 */
export async function principalComponents(
  points: Float32Array,
  N: number,
  k: number,
  iterations = 12,
): Promise<PrincipalComponents> {
  checkPoints('principalComponents', points, N);
  const D = points.length / N;
  const count = Math.min(k, D, N);
  const { points: scaled, scale } = rescaled(points);
  // A multiple of 8 suits the tiles of the matrix product.
  const m = Math.min(8 * Math.ceil((count + OVERSAMPLING) / 8), D, N);
  const x = scope(() => {
    const raw = tensor(scaled, [N, D]);
    return sub(raw, mean(raw, { axes: 0, keepDims: true }));
  });
  const product = async (make: () => Tensor): Promise<Float32Array<ArrayBuffer>> => {
    const made = scope(make);
    const values = await made.data();
    made.dispose();
    return values;
  };
  // A fixed seed keeps the result reproducible.
  let q = new Generator(1, 'principal components').normal(D * m);
  orthonormalise(q, D, m);
  for (let step = 0; step < iterations; step++) {
    q = await product(() => matmul(x, matmul(x, tensor(q, [D, m])), { transposeA: true }));
    orthonormalise(q, D, m);
  }
  const b = await product(() => matmul(x, tensor(q, [D, m])));
  x.dispose();
  const gram = new Float64Array(m * m);
  for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) gram[i * m + j] = dotColumns(b, N, m, i, j);
  const { values, vectors } = symmetricEigen(gram, m);
  const components = combine(q, D, m, vectors, count);
  const projected = combine(b, N, m, vectors, count);
  const sign = signs(components, D, count);
  const turn = (_: number, i: number, all: Float32Array) => (all[i] as number) * (sign[i % count] as number);
  return {
    projected: projected.map((value, i, all) => turn(value, i, all) / scale),
    components: components.map(turn),
    variances: Array.from(values.subarray(0, count), (value) => Math.max(0, value) / Math.max(1, N - 1) / scale ** 2),
  };
}
