/** Operations that move elements or only rename their positions. */
import { defineOperation } from '../autodiff.ts';
import { ArgumentError, kindOf, ShapeError } from '../errors.ts';
import { copy, copyInto, copyParams, permuteParams } from '../kernels/copy.ts';
import { fill } from '../kernels/fill.ts';
import { broadcastShape, broadcastStrides, contiguousStrides } from '../kernels/strides.ts';
import { checkShape, emptyTensor, type Shape, sameShape, sizeOf, type Tensor, wordOf } from '../tensor.ts';
import { type AxisArgument, axisFrom, axisOf, checkRank, checkTensor, resolveShape } from './arguments.ts';
import { sumTo } from './reduce.ts';
import { compute, run } from './run.ts';

const reshapeOp = defineOperation<{ from: Shape; to: Shape }>({
  name: 'reshape',
  equation: 'y = x',
  saves: 'none',
  forward: ([x], { to }) => (x as Tensor).alias(to, 'reshape'),
  gradient: (gy, { attrs }) => [reshape(gy, attrs.from)],
});

/** The same elements in another shape; one length may be -1. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  checkTensor('reshape', x);
  return reshapeOp([x], { from: x.shape, to: resolveShape('reshape', x.shape, shape) });
}

/** Merges all axes from `startAxis` (default 1) on: [N, H, W, C] becomes [N, H·W·C], in HWC order. */
export function flatten(x: Tensor, startAxis = 1): Tensor {
  checkTensor('flatten', x);
  const start = x.rank === 0 ? 0 : axisOf('flatten', x.shape, startAxis);
  return reshape(x, [...x.shape.slice(0, start), sizeOf(x.shape.slice(start))]);
}

const permuteOp = defineOperation<{ axes: readonly number[] }>({
  name: 'permute',
  equation: 'y_{i_{\\pi(1)} \\dots i_{\\pi(n)}} = x_{i_1 \\dots i_n}',
  saves: 'none',
  forward([input], { axes }) {
    const x = input as Tensor;
    const shape = axes.map((axis) => x.shape[axis] as number);
    return compute(copy, { x }, shape, permuteParams(x.shape, axes), x.dtype);
  },
  gradient: (gy, { attrs }) => [permute(gy, inverse(attrs.axes))],
});

function inverse(axes: readonly number[]): number[] {
  const result = new Array<number>(axes.length);
  axes.forEach((axis, position) => {
    result[axis] = position;
  });
  return result;
}

/** Axes in the order `axes`: output axis d is input axis axes[d]. */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  checkTensor('permute', x);
  if (!Array.isArray(axes)) throw new ArgumentError('permute', `the axes must be a list of numbers, not ${kindOf(axes)}`);
  const order = axes.map((axis) => axisOf('permute', x.shape, axis));
  if (new Set(order).size !== x.rank || order.length !== x.rank) {
    throw new ShapeError('permute', [x.shape, axes], 'every axis must be named once');
  }
  return permuteOp([x], { axes: order });
}

/** Swaps two axes (default: the last two). */
export function transpose(x: Tensor, a = -2, b = -1): Tensor {
  checkTensor('transpose', x);
  const axes = x.shape.map((_, axis) => axis);
  const [i, j] = [axisOf('transpose', x.shape, a), axisOf('transpose', x.shape, b)];
  axes[i] = j;
  axes[j] = i;
  return permute(x, axes);
}

const broadcastOp = defineOperation<{ from: Shape; to: Shape }>({
  name: 'broadcastTo',
  equation: 'y_{i} = x_{i \\bmod n}',
  saves: 'none',
  forward([input], { to }) {
    const x = input as Tensor;
    return compute(copy, { x }, to, copyParams({ shape: [...to], strideX: broadcastStrides(x.shape, to) }), x.dtype);
  },
  gradient: (gy, { attrs }) => [sumTo(gy, attrs.from)],
});

/** Repeats axes of length 1 (and missing leading axes) up to `shape`. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  checkTensor('broadcastTo', x);
  checkShape('broadcastTo', shape);
  if (sameShape(x.shape, shape)) return x;
  const target = broadcastShape(x.shape, shape);
  if (!target || !sameShape(target, shape)) {
    throw new ShapeError('broadcastTo', [x.shape, shape], 'only axes of length 1 and missing leading axes can be repeated');
  }
  return broadcastOp([x], { from: x.shape, to: shape });
}

interface Box {
  readonly from: Shape;
  readonly starts: readonly number[];
  readonly shape: Shape;
}

const offsetOf = (shape: Shape, starts: readonly number[]) =>
  contiguousStrides(shape).reduce((sum, stride, d) => sum + stride * (starts[d] as number), 0);

const sliceOp = defineOperation<Box>({
  name: 'slice',
  equation: 'y_i = x_{s + i}',
  saves: 'none',
  forward([input], { from, starts, shape }) {
    const x = input as Tensor;
    const box = { shape: [...shape], strideX: contiguousStrides(from), offsetX: offsetOf(from, starts) };
    return compute(copy, { x }, shape, copyParams(box), x.dtype);
  },
  gradient: (gy, { attrs }) => [embed(gy, attrs.from, attrs.starts)],
});

/**
 * The box from `starts` (inclusive) to `ends` (exclusive), one of each per axis; negative ones count from the end of the axis,
 * and missing trailing axes are taken whole.
 */
export function slice(x: Tensor, starts: readonly number[], ends: readonly number[]): Tensor {
  checkTensor('slice', x);
  if (![starts, ends].every((list) => Array.isArray(list) && list.every(Number.isInteger))) {
    throw new ArgumentError('slice', 'starts and ends must be lists of whole numbers');
  }
  const bound = (value: number | undefined, axis: number, missing: number) => {
    const length = x.shape[axis] as number;
    const at = value ?? missing;
    return Math.min(Math.max(at < 0 ? at + length : at, 0), length);
  };
  if (starts.length > x.rank || ends.length !== starts.length) {
    throw new ShapeError('slice', [x.shape, starts, ends], 'starts and ends must name the same leading axes');
  }
  const from = x.shape.map((_, axis) => bound(starts[axis], axis, 0));
  const to = x.shape.map((length, axis) => bound(ends[axis], axis, length));
  const shape = from.map((start, axis) => (to[axis] as number) - start);
  if (shape.some((length) => length < 0)) throw new ShapeError('slice', [x.shape, from, to], 'no start may lie behind its end');
  if (sameShape(shape, x.shape)) return x;
  return sliceOp([x], { from: x.shape, starts: from, shape });
}

const embedOp = defineOperation<Box & { value: number }>({
  name: 'embed',
  equation: 'y_{s + i} = x_i,\\ \\text{elsewhere}\\ c',
  saves: 'none',
  forward([input], { from, starts, shape, value }) {
    const x = input as Tensor;
    const y = emptyTensor(shape, 'embed', x.dtype, x.device);
    run(fill, { y }, { count: y.size, bits: wordOf('embed', value, x.dtype) });
    if (x.size > 0) {
      const box = {
        shape: [...from],
        strideX: contiguousStrides(from),
        strideY: contiguousStrides(shape),
        offsetY: offsetOf(shape, starts),
      };
      run(copyInto, { x, y }, copyParams(box));
    }
    return y;
  },
  gradient(gy, { attrs }) {
    return [
      slice(
        gy,
        attrs.starts,
        attrs.starts.map((start, d) => start + (attrs.from[d] as number)),
      ),
    ];
  },
});

/** A tensor of `shape` filled with `value`, with `x` placed at `starts`. */
export function embed(x: Tensor, shape: Shape, starts: readonly number[], value = 0): Tensor {
  checkTensor('embed', x);
  checkShape('embed', shape);
  if (!Array.isArray(starts)) throw new ArgumentError('embed', `starts must be a list of whole numbers, not ${kindOf(starts)}`);
  const fits =
    x.rank === shape.length &&
    x.shape.every((n, d) => (starts[d] as number) >= 0 && (starts[d] as number) + n <= (shape[d] as number));
  if (!fits) throw new ShapeError('embed', [x.shape, shape], 'the tensor must fit at its place');
  return embedOp([x], { from: x.shape, starts, shape, value });
}

export interface Padding {
  readonly left?: number;
  readonly right?: number;
  readonly top?: number;
  readonly bottom?: number;
  /** What stands in the new places; default 0. */
  readonly value?: number;
}

/** Adds rows and columns around images [N, H, W, C]; negative numbers cut. */
export function pad2d(x: Tensor, { left = 0, right = 0, top = 0, bottom = 0, value = 0 }: Padding): Tensor {
  checkRank('pad2d', x, 4, '[N, H, W, C]');
  const [N, H, W, C] = x.shape as [number, number, number, number];
  const [rows, columns] = [H + Math.min(0, top) + Math.min(0, bottom), W + Math.min(0, left) + Math.min(0, right)];
  if (rows < 0 || columns < 0) throw new ShapeError('pad2d', [x.shape], 'there must be as many rows and columns as it cuts');
  const cut = slice(x, [0, Math.max(0, -top), Math.max(0, -left), 0], [N, H - Math.max(0, -bottom), W - Math.max(0, -right), C]);
  const [, h, w] = cut.shape as [number, number, number, number];
  const shape = [N, h + Math.max(0, top) + Math.max(0, bottom), w + Math.max(0, left) + Math.max(0, right), C];
  return sameShape(shape, cut.shape) ? cut : embed(cut, shape, [0, Math.max(0, top), Math.max(0, left), 0], value);
}

const concatOp = defineOperation<{ axis: number; lengths: readonly number[] }>({
  name: 'concat',
  equation: 'y = [x_1, \\dots, x_n]',
  saves: 'none',
  forward(inputs, { axis, lengths }) {
    const first = inputs[0] as Tensor;
    const shape = first.shape.map((length, d) => (d === axis ? lengths.reduce((sum, n) => sum + n, 0) : length));
    const y = emptyTensor(shape, 'concat', first.dtype, first.device);
    const strideY = contiguousStrides(shape);
    let start = 0;
    inputs.forEach((x) => {
      const box = {
        shape: [...x.shape],
        strideX: contiguousStrides(x.shape),
        strideY,
        offsetY: start * (strideY[axis] as number),
      };
      if (x.size > 0) run(copyInto, { x, y }, copyParams(box));
      start += x.shape[axis] as number;
    });
    return y;
  },
  gradient(gy, { attrs, needs }) {
    let start = 0;
    return attrs.lengths.map((length, index) => {
      const starts = gy.shape.map((_, d) => (d === attrs.axis ? start : 0));
      const ends = gy.shape.map((n, d) => (d === attrs.axis ? start + length : n));
      start += length;
      return needs[index] ? slice(gy, starts, ends) : null;
    });
  },
});

/** Puts tensors one behind the other along `axis` (default 0); their other axes must agree. */
export function concat(xs: readonly Tensor[], axis: AxisArgument = 0): Tensor {
  if (!Array.isArray(xs)) throw new ArgumentError('concat', `it takes a list of tensors, not ${kindOf(xs)}`);
  for (const x of xs) checkTensor('concat', x, 'each of them');
  const first: Tensor | undefined = xs[0];
  if (!first) throw new ShapeError('concat', [], 'there must be at least one tensor');
  const d = axisOf('concat', first.shape, axisFrom('concat', axis, 0));
  const agrees = xs.every(
    (x) =>
      x.rank === first.rank &&
      x.dtype === first.dtype &&
      x.shape.every((n: number, k: number) => k === d || n === first.shape[k]),
  );
  if (!agrees)
    throw new ShapeError(
      'concat',
      xs.map((x) => x.shape),
      `all axes but ${d} must be equal, and the types too`,
    );
  return concatOp(xs, { axis: d, lengths: xs.map((x) => x.shape[d] as number) });
}
