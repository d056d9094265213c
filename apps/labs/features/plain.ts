/** The equations of the cards as plain loops in double precision, for what *Verify* compares with. */
import type { Values } from '../../math/checks.ts';

/** Σ |x − ½| */
export const plainL1 = ({ data }: Values): number => data.reduce((sum, value) => sum + Math.abs(value - 0.5), 0);

export const plainAttributionSums = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0);

/** Σ |x_{i+1,j} − x_ij| + |x_{i,j+1} − x_ij| of one image [1, h, w, c]. */
export function plainTotalVariation({ data, shape }: Values): number {
  const [, h = 1, w = 1, c = 1] = shape;
  const at = (i: number, j: number, k: number) => data[(i * w + j) * c + k] as number;
  let sum = 0;
  for (let i = 0; i < h; i++) {
    for (let j = 0; j < w; j++) {
      for (let k = 0; k < c; k++) {
        if (i + 1 < h) sum += Math.abs(at(i + 1, j, k) - at(i, j, k));
        if (j + 1 < w) sum += Math.abs(at(i, j + 1, k) - at(i, j, k));
      }
    }
  }
  return sum;
}

/** 3 × 3 with centre 1 and ½ elsewhere, ÷ 5; zeros beyond the border. */
export function plainBlur({ data, shape }: Values): Float64Array {
  const [, h = 1, w = 1, c = 1] = shape;
  return Float64Array.from(data, (_, index) => {
    const [i, j, k] = [Math.floor(index / (w * c)), Math.floor(index / c) % w, index % c];
    let sum = 0;
    for (let di = -1; di <= 1; di++) {
      for (let dj = -1; dj <= 1; dj++) {
        const [y, x] = [i + di, j + dj];
        if (y >= 0 && x >= 0 && y < h && x < w) sum += (di === 0 && dj === 0 ? 1 : 0.5) * (data[(y * w + x) * c + k] as number);
      }
    }
    return sum / 5;
  });
}

/** a b of [n, m] and [m, p]. */
function product(a: ArrayLike<number>, b: ArrayLike<number>, n: number, m: number, p: number): Float64Array {
  const out = new Float64Array(n * p);
  for (let i = 0; i < n; i++)
    for (let l = 0; l < m; l++)
      for (let j = 0; j < p; j++)
        out[i * p + j] = (out[i * p + j] as number) + (a[i * m + l] as number) * (b[l * p + j] as number);
  return out;
}

const transposed = (a: ArrayLike<number>, n: number, m: number): Float64Array =>
  Float64Array.from({ length: n * m }, (_, at) => a[(at % n) * m + Math.floor(at / n)] as number);

/** One multiplicative update of B, then of W with the new B. V [n, c], W [n, r], B [r, c]. */
export function plainNmf(V: ArrayLike<number>, W: ArrayLike<number>, B: ArrayLike<number>, n: number, c: number, r: number) {
  const Wt = transposed(W, n, r);
  const above = product(Wt, V, r, n, c);
  const below = product(product(Wt, W, r, n, r), B, r, r, c);
  const nextB = above.map((value, i) => ((B[i] as number) * value) / ((below[i] as number) + 1e-9));
  const Bt = transposed(nextB, r, c);
  const right = product(V, Bt, n, c, r);
  const left = product(W, product(nextB, Bt, r, c, r), n, r, r);
  return { B: nextB, W: right.map((value, i) => ((W[i] as number) * value) / ((left[i] as number) + 1e-9)) };
}
