/** Reads arguments as PyTorch writes them: one number or a pair per spatial axis, negative axes, -1 in a shape. */
import { ConfigError, ShapeError } from '../errors.ts';
import { type Shape, sizeOf, type Tensor } from '../tensor.ts';

/** One value for both axes, or [y, x]. */
export type Pair = number | readonly [y: number, x: number];

/** @throws ConfigError unless both are whole numbers of at least `least` */
export function pair(value: Pair, name: string, least: number): readonly [number, number] {
  const both = typeof value === 'number' ? ([value, value] as const) : value;
  for (const v of both) {
    if (!Number.isInteger(v) || v < least) throw new ConfigError(name, `${v} is not a whole number of at least ${least}.`);
  }
  return both;
}

/** An axis counted from the front. @throws ShapeError when there is no such axis */
export function axisOf(op: string, shape: Shape, axis: number): number {
  const positive = axis < 0 ? axis + shape.length : axis;
  if (!Number.isInteger(axis) || positive < 0 || positive >= shape.length) {
    throw new ShapeError(op, [shape], `axis ${axis} must lie between ${-shape.length} and ${shape.length - 1}`);
  }
  return positive;
}

/** Distinct axes in rising order; null or undefined means all. */
export function axesOf(op: string, shape: Shape, axes: readonly number[] | number | null | undefined): number[] {
  const list = axes === null || axes === undefined ? shape.map((_, axis) => axis) : typeof axes === 'number' ? [axes] : axes;
  return [...new Set(list.map((axis) => axisOf(op, shape, axis)))].sort((a, b) => a - b);
}

/** Fills in one -1. @throws ShapeError when the sizes cannot agree */
export function resolveShape(op: string, from: Shape, to: Shape): Shape {
  const unknown = to.filter((length) => length === -1).length;
  const known = sizeOf(to.filter((length) => length !== -1));
  const size = sizeOf(from);
  if (unknown === 1 && known > 0 && size % known === 0) return to.map((length) => (length === -1 ? size / known : length));
  if (unknown > 0 || known !== size) throw new ShapeError(op, [from, to], `both shapes must hold ${size} elements`);
  return to;
}

/** @throws ShapeError unless `x` has `rank` axes */
export function checkRank(op: string, x: Tensor, rank: number, layout: string): void {
  if (x.rank !== rank) throw new ShapeError(op, [x.shape], `the input must be ${layout}`);
}

/** @throws ShapeError unless `x` is NHWC; returns its axes */
export function imageAxes(op: string, x: Tensor): { N: number; H: number; W: number; C: number } {
  checkRank(op, x, 4, '[N, H, W, C]');
  const [N, H, W, C] = x.shape as [number, number, number, number];
  return { N, H, W, C };
}
