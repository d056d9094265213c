/** Point sets [N, D] as functions take them: checked, and brought to a scale on which squares neither overflow nor vanish in float32. */
import { ArgumentError, ConfigError, kindOf, ShapeError } from '../errors.ts';

/** Largest coordinates whose squares and sums of squares float32 holds without loss. */
const [SMALLEST, LARGEST] = [2 ** -20, 2 ** 40];

/**
 * @throws ShapeError unless the numbers fill N rows; ConfigError for a coordinate that is not finite, naming it
 */
export function checkPoints(op: string, points: Float32Array, N: number): void {
  if (!(points instanceof Float32Array)) throw new ArgumentError(op, `the points must be a Float32Array, not ${kindOf(points)}`);
  if (!Number.isInteger(N) || N < 1 || points.length === 0 || points.length % N !== 0) {
    throw new ShapeError(op, [[points.length]], `the coordinates must fill ${N} rows of equal length`);
  }
  const broken = points.findIndex((value) => !Number.isFinite(value));
  if (broken < 0) return;
  const D = points.length / N;
  throw new ConfigError(
    'points',
    `coordinate ${broken % D} of point ${Math.floor(broken / D)} is ${points[broken]}; leave that point out.`,
  );
}

/**
 * The points times a power of two, which changes no digit: 1 where their coordinates are of ordinary size, else such that the largest is
 * about 1.
 */
export function rescaled(points: Float32Array): { readonly points: Float32Array; readonly scale: number } {
  const largest = points.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest === 0 || (largest >= SMALLEST && largest <= LARGEST)) return { points, scale: 1 };
  const scale = 2 ** -Math.ceil(Math.log2(largest));
  return { points: points.map((value) => value * scale), scale };
}
