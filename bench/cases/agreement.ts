/** Numerical agreement, checked before anything is timed: a library that computes something else has no place in the table. */
import type { Expected } from './reference.ts';

export interface Agreement {
  readonly ok: boolean;
  /** Largest error relative to the largest expected magnitude. */
  readonly error: number;
  readonly message: string;
}

/** Compares `actual` at the sampled indices. NaN, infinity and a wrong length are disagreements. */
export function compare(actual: Float32Array, wanted: Expected, tolerance: number): Agreement {
  const last = Math.max(...wanted.indices);
  if (actual.length !== undefined && actual.length <= last) {
    return { ok: false, error: Number.POSITIVE_INFINITY, message: `${actual.length} values, expected more than ${last}` };
  }
  const scale = Math.max(1e-30, ...Array.from(wanted.values, Math.abs));
  let error = 0;
  let where = 0;
  wanted.indices.forEach((index, i) => {
    const difference = Math.abs((actual[index] ?? Number.NaN) - (wanted.values[i] ?? Number.NaN)) / scale;
    if (!(difference <= error)) {
      error = Number.isFinite(difference) ? difference : Number.POSITIVE_INFINITY;
      where = i;
    }
  });
  const message = `element ${wanted.indices[where]}: ${actual[wanted.indices[where] ?? 0]}, expected ${wanted.values[where]}`;
  return { ok: error <= tolerance, error, message };
}

/** All values of `reference` as the expectation, for losses and outputs of networks. */
export function expectAll(reference: ArrayLike<number>): Expected {
  return { indices: Array.from(reference, (_, i) => i), values: Float64Array.from(reference) };
}
