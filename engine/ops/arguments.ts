/**
 * Reads arguments as PyTorch writes them: one number or a pair per spatial axis, negative axes, -1 in a shape. Every function that takes
 * an axis takes it in the same ways: `sum(x, 0)`, `sum(x, { axis: 0 })`; where there may be several, also as a list.
 */
import { ArgumentError, ConfigError, kindOf, ShapeError } from '../errors.ts';
import { type Shape, sizeOf, Tensor } from '../tensor.ts';

/** One value for both axes, or [y, x]. */
export type Pair = number | readonly [y: number, x: number];

/** @throws ArgumentError unless the value is a tensor */
export function checkTensor(op: string, value: unknown, what = 'its input'): asserts value is Tensor {
  if (!(value instanceof Tensor)) throw new ArgumentError(op, `${what} must be a tensor, not ${kindOf(value)}`);
}

/** @throws ArgumentError unless these are options, with no other names than the given ones */
export function checkOptions(op: string, options: unknown, known: readonly string[]): void {
  const isRecord = typeof options === 'object' && options !== null && !Array.isArray(options) && !(options instanceof Tensor);
  if (!isRecord) throw new ArgumentError(op, `its options must be an object with ${known.join(', ')}, not ${kindOf(options)}`);
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new ArgumentError(op, `it has no option '${unknown}'; it takes ${known.join(', ')}`);
}

/** @throws ArgumentError unless the value is one of a few names */
export function checkChoice(op: string, name: string, value: unknown, choices: readonly string[]): void {
  if (!choices.includes(value as string)) {
    throw new ArgumentError(op, `${name} must be ${choices.map((c) => `'${c}'`).join(' or ')}, not ${kindOf(value)}`);
  }
}

export interface AxisOption {
  readonly axis?: number;
}

/** An axis, counted from the front or, negative, from behind. */
export type AxisArgument = number | AxisOption;

/** @throws ArgumentError unless an axis is named in one of the ways */
export function axisFrom(op: string, given: AxisArgument | undefined, fallback: number): number {
  if (given === undefined || typeof given === 'number') return given ?? fallback;
  checkOptions(op, given, ['axis']);
  return given.axis ?? fallback;
}

/** @throws ConfigError unless both are whole numbers of at least `least` */
export function pair(value: Pair, name: string, least: number): readonly [number, number] {
  if (typeof value !== 'number' && !(Array.isArray(value) && value.length === 2)) {
    throw new ConfigError(name, `it must be a number or a pair of numbers [y, x], not ${kindOf(value)}.`);
  }
  const both = typeof value === 'number' ? ([value, value] as const) : value;
  for (const v of both) {
    if (!Number.isInteger(v) || v < least) throw new ConfigError(name, `${v} is not a whole number of at least ${least}.`);
  }
  return both;
}

/** An axis counted from the front. @throws ShapeError when there is no such axis */
export function axisOf(op: string, shape: Shape, axis: number): number {
  if (typeof axis !== 'number') throw new ArgumentError(op, `an axis must be a number, not ${kindOf(axis)}`);
  const positive = axis < 0 ? axis + shape.length : axis;
  if (!Number.isInteger(axis) || positive < 0 || positive >= shape.length) {
    throw new ShapeError(op, [shape], `axis ${axis} must lie between ${-shape.length} and ${shape.length - 1}`);
  }
  return positive;
}

/** Distinct axes in rising order; null or undefined means all. */
export function axesOf(op: string, shape: Shape, axes: readonly number[] | number | null | undefined): number[] {
  if (axes !== null && axes !== undefined && typeof axes !== 'number' && !Array.isArray(axes)) {
    throw new ArgumentError(op, `the axes must be a number or a list of numbers, not ${kindOf(axes)}`);
  }
  const list = axes === null || axes === undefined ? shape.map((_, axis) => axis) : typeof axes === 'number' ? [axes] : axes;
  return [...new Set(list.map((axis) => axisOf(op, shape, axis)))].sort((a, b) => a - b);
}

/** Fills in one -1. @throws ShapeError when the sizes cannot agree */
export function resolveShape(op: string, from: Shape, to: Shape): Shape {
  if (!Array.isArray(to)) throw new ArgumentError(op, `the shape must be a list of whole numbers, not ${kindOf(to)}`);
  const unknown = to.filter((length) => length === -1).length;
  const known = sizeOf(to.filter((length) => length !== -1));
  const size = sizeOf(from);
  if (unknown === 1 && known > 0 && size % known === 0) return to.map((length) => (length === -1 ? size / known : length));
  if (unknown > 0 || known !== size) throw new ShapeError(op, [from, to], `both shapes must hold ${size} elements`);
  return to;
}

/** @throws ShapeError unless `x` has `rank` axes */
export function checkRank(op: string, x: Tensor, rank: number, layout: string): void {
  checkTensor(op, x);
  if (x.rank !== rank) throw new ShapeError(op, [x.shape], `the input must be ${layout}`);
}

/** @throws ShapeError unless `x` is NHWC; returns its axes */
export function imageAxes(op: string, x: Tensor): { N: number; H: number; W: number; C: number } {
  checkRank(op, x, 4, '[N, H, W, C]');
  const [N, H, W, C] = x.shape as [number, number, number, number];
  return { N, H, W, C };
}
