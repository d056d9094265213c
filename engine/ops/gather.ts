/** Picking rows by index, its reverse, and one-hot vectors. */
import { defineOperation, type Operation } from '../autodiff.ts';
import { DTypeError, ShapeError } from '../errors.ts';
import { argmax as argmaxKernel, argmin as argminKernel } from '../kernels/arg-reduction.ts';
import { type GatherParams, gatherGradient, gather as gatherKernel, oneHot as oneHotKernel } from '../kernels/gather.ts';
import { scope } from '../memory.ts';
import { checkShape, type DType, type Shape, sizeOf, type Tensor } from '../tensor.ts';
import { type AxisArgument, axisFrom, axisOf, checkTensor } from './arguments.ts';
import { equal } from './binary.ts';
import { max, min } from './reduce.ts';
import { compute } from './run.ts';
import { isInteger } from './types.ts';

/** The bits that stand where an index lies outside: NaN, and −2³¹ in an integer tensor, which has no NaN. */
const MISSING: Readonly<Record<DType, number>> = { f32: 0x7fc00000, i32: 0x80000000, u32: 0x80000000 };

interface GatherAttrs {
  readonly params: GatherParams;
  readonly from: Shape;
  readonly to: Shape;
}

const gatherOp: Operation<GatherAttrs> = defineOperation<GatherAttrs>({
  name: 'indexSelect',
  equation: 'y_{ojk} = x_{o\\,i_j\\,k}',
  saves: 'inputs',
  forward: ([x, index], { params, to }) =>
    compute(
      gatherKernel,
      { x: x as Tensor, index: index as Tensor },
      to,
      { ...params, missing: MISSING[(x as Tensor).dtype] },
      (x as Tensor).dtype,
    ),
  gradient: (gy, { inputs, attrs }) => [scatterOp([gy, inputs[1] as Tensor], attrs), null],
});

const scatterOp: Operation<GatherAttrs> = defineOperation<GatherAttrs>({
  name: 'indexAdd',
  equation: 'y_{ork} = \\sum_{j:\\,i_j = r} x_{ojk}',
  saves: 'inputs',
  forward: ([gy, index], { params, from }) => compute(gatherGradient, { gy: gy as Tensor, index: index as Tensor }, from, params),
  gradient: (g, { inputs, attrs }) => [gatherOp([g, inputs[1] as Tensor], attrs), null],
});

function gatherAttrs(op: string, from: Shape, index: Tensor, axis: number): GatherAttrs {
  checkTensor(op, index, 'the index');
  if (index.dtype !== 'i32') throw new DTypeError(op, index.dtype, 'the index must be i32', 'i32');
  const d = axisOf(op, from, axis);
  const outer = sizeOf(from.slice(0, d));
  const inner = sizeOf(from.slice(d + 1));
  const to = [...from.slice(0, d), ...index.shape, ...from.slice(d + 1)];
  return { params: { outer, extent: from[d] as number, inner, count: index.size }, from, to };
}

/**
 * PyTorch's `index_select`: entries of x along `axis` in the order of `index` (i32, any shape); an index may occur repeatedly. An index
 * outside the axis gives NaN, and −2³¹ in an integer tensor.
 */
export function indexSelect(x: Tensor, index: Tensor, axis: AxisArgument = 0): Tensor {
  checkTensor('indexSelect', x);
  return gatherOp([x, index], gatherAttrs('indexSelect', x.shape, index, axisFrom('indexSelect', axis, 0)));
}

/**
 * The reverse of `indexSelect`, PyTorch's `index_add` to zeros: a tensor of `shape` in which each entry of x is added at its index; entries
 * with an index outside the axis are left out. The order of addition is fixed.
 */
export function indexAdd(x: Tensor, index: Tensor, shape: Shape, axis: AxisArgument = 0): Tensor {
  checkTensor('indexAdd', x);
  const attrs = gatherAttrs('indexAdd', checkShape('indexAdd', shape), index, axisFrom('indexAdd', axis, 0));
  if (sizeOf(attrs.to) !== x.size)
    throw new ShapeError('indexAdd', [x.shape, index.shape, shape], `x must have shape [${attrs.to.join(', ')}]`);
  return scatterOp([x, index], attrs);
}

/** [.., classes]: 1 at each label, else 0; NaN all along the row of a label outside [0, classes). @param labels i32 */
export function oneHot(labels: Tensor, classes: number): Tensor {
  checkTensor('oneHot', labels, 'the labels');
  if (labels.dtype !== 'i32') throw new DTypeError('oneHot', labels.dtype, 'the labels must be i32', 'i32');
  return compute(oneHotKernel, { index: labels }, [...labels.shape, classes], { count: labels.size, classes });
}

function argReduce(name: 'argmax' | 'argmin', x: Tensor, axis: AxisArgument): Tensor {
  checkTensor(name, x);
  const d = axisOf(name, x.shape, axisFrom(name, axis, -1));
  const params = { outer: sizeOf(x.shape.slice(0, d)), reduce: x.shape[d] as number, inner: sizeOf(x.shape.slice(d + 1)) };
  if (params.reduce < 1) throw new ShapeError(name, [x.shape], 'the axis must not be empty');
  const shape = x.shape.filter((_, axisOfX) => axisOfX !== d);
  // Of integers: the first place at which the extreme stands.
  if (isInteger(x) && x.size > 0) {
    return scope(() => {
      const hits = equal(x, (name === 'argmax' ? max : min)(x, { axes: d, keepDims: true }));
      return compute(argmaxKernel, { x: hits }, shape, params, 'i32');
    });
  }
  return compute(name === 'argmax' ? argmaxKernel : argminKernel, { x }, shape, params, 'i32');
}

/** Position of the first largest element along `axis`, of the first NaN where there is one, i32. */
export const argmax = (x: Tensor, axis: AxisArgument = -1): Tensor => argReduce('argmax', x, axis);
/** Position of the first smallest element along `axis`, of the first NaN where there is one, i32. */
export const argmin = (x: Tensor, axis: AxisArgument = -1): Tensor => argReduce('argmin', x, axis);
