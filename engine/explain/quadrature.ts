/** Nodes and weights of quadrature rules on [0, 1], for path integrals. */

import { ConfigError } from '../errors.ts';
import { cos } from '../math/index.ts';

/** `midpoint` and `middle` are the same rule. */
export type QuadratureRule = 'left' | 'right' | 'midpoint' | 'middle' | 'trapezoid' | 'gauss-legendre';

export interface Quadrature {
  readonly nodes: readonly number[];
  readonly weights: readonly number[];
}

/** Value and derivative of the Legendre polynomial P_n at x, by Bonnet's recursion. */
function legendre(n: number, x: number): { value: number; slope: number } {
  let before = 1;
  let value = x;
  for (let k = 2; k <= n; k++) [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
  return { value, slope: (n * (x * value - before)) / (x * x - 1) };
}

/** Gauss–Legendre with n nodes on [0, 1]: α = (1 + ξ)/2, w = ω/2; ξ by Newton's method from Tricomi's estimate. */
export function gaussLegendre(n: number): Quadrature {
  if (n === 1) return { nodes: [0.5], weights: [1] };
  const nodes: number[] = [];
  const weights: number[] = [];
  for (let k = n; k >= 1; k--) {
    let x = cos((Math.PI * (k - 0.25)) / (n + 0.5));
    let step = legendre(n, x);
    for (let i = 0; i < 100; i++) {
      const change = step.value / step.slope;
      x -= change;
      step = legendre(n, x);
      if (Math.abs(change) < 1e-15) break;
    }
    nodes.push((1 + x) / 2);
    weights.push(1 / ((1 - x * x) * step.slope * step.slope));
  }
  return { nodes, weights };
}

/** The nodes and weights of a rule. The trapezoid has n + 1 nodes for n intervals, the others n. */
export function quadrature(rule: QuadratureRule, steps: number): Quadrature {
  if (!Number.isInteger(steps) || steps < 1)
    throw new ConfigError('steps', `must be a whole number of at least 1, got ${steps}.`);
  const at = (shift: number): Quadrature => ({
    nodes: Array.from({ length: steps }, (_, k) => (k + shift) / steps),
    weights: new Array<number>(steps).fill(1 / steps),
  });
  switch (rule) {
    case 'left':
      return at(0);
    case 'right':
      return at(1);
    case 'midpoint':
    case 'middle':
      return at(0.5);
    case 'trapezoid':
      return {
        nodes: Array.from({ length: steps + 1 }, (_, k) => k / steps),
        weights: Array.from({ length: steps + 1 }, (_, k) => (k === 0 || k === steps ? 0.5 : 1) / steps),
      };
    case 'gauss-legendre':
      return gaussLegendre(steps);
    default:
      throw new ConfigError(
        'rule',
        `'${String(rule)}' is not a quadrature rule; use left, right, midpoint, trapezoid or gauss-legendre.`,
      );
  }
}
