/** Eigenvalues and eigenvectors of a small symmetric matrix on the host. */
import { hypot, square } from '../math/index.ts';

export interface Eigen {
  /** Largest first. */
  readonly values: Float64Array;
  /** [n, n]: column c belongs to value c. */
  readonly vectors: Float64Array;
}

/** Turns rows and columns p and q of `a` so that a_pq becomes 0, and the columns of v with them. */
function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const off = a[p * n + q] as number;
  if (off === 0) return;
  const theta = ((a[q * n + q] as number) - (a[p * n + p] as number)) / (2 * off);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + hypot(theta, 1));
  const c = 1 / hypot(t, 1);
  const s = t * c;
  const turn = (m: Float64Array, at: number, bt: number) => {
    const [x, y] = [m[at] as number, m[bt] as number];
    m[at] = c * x - s * y;
    m[bt] = s * x + c * y;
  };
  for (let k = 0; k < n; k++) turn(a, k * n + p, k * n + q);
  for (let k = 0; k < n; k++) turn(a, p * n + k, q * n + k);
  for (let k = 0; k < n; k++) turn(v, k * n + p, k * n + q);
}

/**
 * Cyclic Jacobi method (Golub & Van Loan, Matrix Computations, §8.5): rotations until the off-diagonal part is below rounding.
 * @param matrix symmetric, [n, n]; not changed
 */
export function symmetricEigen(matrix: ArrayLike<number>, n: number): Eigen {
  const a = Float64Array.from(matrix);
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  const size = a.reduce((sum, x) => sum + x * x, 0);
  for (let sweep = 0; sweep < 50; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off += square(a[p * n + q] as number);
    if (off <= 1e-28 * size) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, v, n, p, q);
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => (a[j * n + j] as number) - (a[i * n + i] as number));
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    for (let k = 0; k < n; k++) vectors[k * n + to] = v[k * n + from] as number;
  });
  return { values: Float64Array.from(order, (i) => a[i * n + i] as number), vectors };
}
