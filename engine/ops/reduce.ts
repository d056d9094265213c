/**
 * Sums, means, extremes over any axes, their reverse (`sumTo`), and variance. On i32: sums (modulo 2³²) and extremes. Over nothing a sum
 * is 0, a mean NaN, and there is no extreme.
 */
import { defineOperation } from '../autodiff.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { integerReductionKernels } from '../kernels/integer.ts';
import { type ReductionName, reductionKernels, reductionSteps } from '../kernels/reduction.ts';
import { full, type Shape, sameShape, sizeOf, type Tensor } from '../tensor.ts';
import { axesOf, checkOptions, checkTensor } from './arguments.ts';
import { div, equal, mul, sub } from './binary.ts';
import { compute } from './run.ts';
import { broadcastTo, reshape } from './shape.ts';
import { isInteger, requireFloat } from './types.ts';
import { affine, square } from './unary.ts';

export interface ReduceOptions {
  /** Axes to reduce, one or a list; null or absent: all. `axis` says the same. */
  readonly axes?: readonly number[] | number | null;
  readonly axis?: readonly number[] | number | null;
  /** Keeps reduced axes with length 1. */
  readonly keepDims?: boolean;
}

/** Options, or the axes alone: `sum(x, 0)`, `sum(x, [0, 1])`, `sum(x, { axis: 0 })`, `sum(x, { axes: [0, 1] })`. */
export type ReduceArgument = ReduceOptions | readonly number[] | number | null;

interface ReduceAttrs {
  readonly from: Shape;
  readonly axes: readonly number[];
  /** The shape with reduced axes of length 1. */
  readonly kept: Shape;
  readonly to: Shape;
}

/** What a reduction over nothing gives. */
const OVER_NOTHING = { sum: 0, mean: Number.NaN } as const;

type Reduction = Extract<ReductionName, 'sum' | 'mean' | 'max' | 'min'>;

/** Runs the chain of reductions, one per group of neighbouring axes. */
function reduceChain(name: Reduction, x: Tensor, { axes, to }: ReduceAttrs): Tensor {
  if (x.size === 0) {
    if (name === 'max' || name === 'min') {
      if (sizeOf(to) > 0) throw new ShapeError(name, [x.shape], 'among no elements there is no extreme');
      return full(to, 0, { dtype: x.dtype, device: x.device });
    }
    return full(to, OVER_NOTHING[name], { dtype: x.dtype, device: x.device });
  }
  const kernel = isInteger(x) && name !== 'mean' ? integerReductionKernels[name] : reductionKernels[name];
  let current = x;
  for (const step of reductionSteps(x.shape, axes)) {
    const next = compute(kernel, { x: current }, [step.outer, step.inner], step, x.dtype);
    if (current !== x) current.dispose();
    current = next;
  }
  const result = current.alias(to, name);
  if (current !== x) current.dispose();
  return result;
}

function optionsOf(op: string, given: ReduceArgument, more: readonly string[]): ReduceOptions {
  if (given === null || typeof given === 'number' || Array.isArray(given)) return { axes: given };
  checkOptions(op, given, ['axes', 'axis', 'keepDims', ...more]);
  const options = given as ReduceOptions;
  if (options.axes !== undefined && options.axis !== undefined) throw new ArgumentError(op, 'give either axis or axes');
  return options;
}

function reduceAttrs(op: string, x: Tensor, given: ReduceArgument, more: readonly string[] = []): ReduceAttrs {
  checkTensor(op, x);
  const { axes, axis, keepDims = false } = optionsOf(op, given, more);
  const list = axesOf(op, x.shape, axes ?? axis);
  const kept = x.shape.map((length, d) => (list.includes(d) ? 1 : length));
  return { from: x.shape, axes: list, kept, to: keepDims ? kept : x.shape.filter((_, d) => !list.includes(d)) };
}

const sumOp = defineOperation<ReduceAttrs>({
  name: 'sum',
  equation: 'y = \\sum_i x_i',
  saves: 'none',
  forward: ([x], attrs) => reduceChain('sum', x as Tensor, attrs),
  gradient: (gy, { attrs }) => [broadcastTo(reshape(gy, attrs.kept), attrs.from)],
});

const meanOp = defineOperation<ReduceAttrs>({
  name: 'mean',
  equation: 'y = \\tfrac1n \\sum_i x_i',
  saves: 'none',
  forward: ([x], attrs) => reduceChain('mean', x as Tensor, attrs),
  gradient(gy, { attrs }) {
    const n = sizeOf(attrs.from) / Math.max(1, sizeOf(attrs.kept));
    return [broadcastTo(reshape(affine(gy, 1 / n, 0), attrs.kept), attrs.from)];
  },
});

/** Elements that attain the extreme share its gradient equally, as in torch.amax. */
function extreme(name: 'max' | 'min', equation: string) {
  return defineOperation<ReduceAttrs>({
    name,
    equation,
    saves: 'both',
    forward: ([x], attrs) => reduceChain(name, x as Tensor, attrs),
    gradient(gy, { inputs, output, attrs }) {
      const hits = equal((inputs[0] as Tensor).detach(), reshape(output.detach(), attrs.kept));
      const count = sum(hits, { axes: attrs.axes, keepDims: true });
      return [mul(div(hits, count), reshape(gy, attrs.kept))];
    },
  });
}

const maxOp = extreme('max', 'y = \\max_i x_i');
const minOp = extreme('min', 'y = \\min_i x_i');

/** Σ over `axes`, off by at most 2⁻²² Σ|x| however many terms there are. */
export const sum = (x: Tensor, options: ReduceArgument = {}): Tensor => sumOp([x], reduceAttrs('sum', x, options));
/** Mean over `axes`, off by at most 2⁻²² times the mean of |x|. */
export function mean(x: Tensor, options: ReduceArgument = {}): Tensor {
  requireFloat('mean', x);
  return meanOp([x], reduceAttrs('mean', x, options));
}
/** Largest element over `axes`; NaN where one is. */
export const max = (x: Tensor, options: ReduceArgument = {}): Tensor => maxOp([x], reduceAttrs('max', x, options));
/** Smallest element over `axes`; NaN where one is. */
export const min = (x: Tensor, options: ReduceArgument = {}): Tensor => minOp([x], reduceAttrs('min', x, options));

/** The reverse of broadcasting: sums x down to `shape`. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const lead = x.rank - shape.length;
  const axes = x.shape.map((_, d) => d).filter((d) => d < lead || (shape[d - lead] === 1 && x.shape[d] !== 1));
  return reshape(sum(x, { axes, keepDims: true }), shape);
}

/**
 * Variance over `axes`: Σ(x − mean)² / (n − correction), to a relative 1e-5 also where the mean is 10⁶ times the deviation.
 * @param options.correction 1 (default) for the unbiased estimate, 0 for the biased one; of no more elements than that it is NaN
 */
export function variance(x: Tensor, options: ReduceOptions & { correction?: number } = {}): Tensor {
  requireFloat('variance', x);
  const { axes, kept, to } = reduceAttrs('variance', x, options, ['correction']);
  const n = sizeOf(x.shape) / Math.max(1, sizeOf(kept));
  // Centred twice: the second mean takes away what rounding left of the first (Chan, Golub & LeVeque 1983, the corrected two-pass form).
  const rough = sub(x, mean(x, { axes, keepDims: true }));
  const centred = sub(rough, mean(rough, { axes, keepDims: true }));
  return affine(reshape(sum(square(centred), { axes }), to), 1 / Math.max(0, n - (options.correction ?? 1)), 0);
}
