/** What is measured of a curve: its error on points, and how rough it is. Plain numbers, no engine: the page measures with them too. */
import type { Point } from './schema.ts';

/** Positions of the drawn curve: 201 on [0, 1]. */
export const grid = Float32Array.from({ length: 201 }, (_, i) => i / 200);

/** ∫ |y''| dx by second differences, on [0, 1]. */
export function roughnessOf(curve: Float32Array): number {
  let total = 0;
  for (let i = 1; i + 1 < curve.length; i++) {
    total += Math.abs((curve[i - 1] as number) - 2 * (curve[i] as number) + (curve[i + 1] as number));
  }
  return total * (curve.length - 1);
}

export function meanSquaredError(predicted: ArrayLike<number>, points: readonly Point[]): number {
  return points.reduce((sum, { t }, n) => sum + ((predicted[n] as number) - t) ** 2, 0) / points.length;
}
