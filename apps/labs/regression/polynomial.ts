/** Polynomials by least squares, for orientation: what a model with so many coefficients makes of the same points. */
import { grid, meanSquaredError, roughnessOf } from './measures.ts';
import type { Point } from './schema.ts';

export interface PolynomialFit {
  readonly degree: number;
  readonly trainMSE: number;
  readonly roughness: number;
}

/**
 * The polynomial of a degree that is nearest to the points, at the positions of the curve. Its basis is made orthogonal on the points (modified
 * Gram–Schmidt), so that degree 9 loses no digits that matter. With fewer points than coefficients it has as many as there are points.
 */
export function polynomialFit(points: readonly Point[], degree: number): PolynomialFit {
  const at = (x: number) => 2 * x - 1;
  const inputs = points.map(({ x }) => at(x));
  const positions = Array.from(grid, at);
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, v, i) => sum + v * (b[i] as number), 0);
  const targets = points.map(({ t }) => t);
  const basis: { readonly here: readonly number[]; readonly there: readonly number[]; readonly norm: number }[] = [];
  const fitted = points.map(() => 0);
  const curve = new Float32Array(grid.length);
  for (let k = 0; k <= degree; k++) {
    let here = k === 0 ? inputs.map(() => 1) : (basis[k - 1]?.here ?? []).map((v, i) => v * (inputs[i] as number));
    let there = k === 0 ? positions.map(() => 1) : (basis[k - 1]?.there ?? []).map((v, i) => v * (positions[i] as number));
    const size = dot(here, here);
    for (const known of basis) {
      const share = dot(here, known.here) / known.norm;
      here = here.map((v, i) => v - share * (known.here[i] as number));
      there = there.map((v, i) => v - share * (known.there[i] as number));
    }
    const norm = dot(here, here);
    if (!(norm > 1e-12 * size)) break;
    basis.push({ here, there, norm });
    const coefficient = dot(here, targets) / norm;
    for (let i = 0; i < fitted.length; i++) fitted[i] = (fitted[i] as number) + coefficient * (here[i] as number);
    for (let i = 0; i < curve.length; i++) curve[i] = (curve[i] as number) + coefficient * (there[i] as number);
  }
  // A line has no second derivative; its second differences on a grid of float32 have.
  return { degree, trainMSE: meanSquaredError(fitted, points), roughness: degree < 2 ? 0 : roughnessOf(curve) };
}

/** The degrees of the source's table: constant, line, cubic, and one less than interpolates. */
export const DEGREES: ReadonlyMap<number, string> = new Map([
  [0, 'constant'],
  [1, 'line'],
  [3, 'cubic'],
  [9, 'degree 9'],
]);
