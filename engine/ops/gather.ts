/** Picking rows by index, its reverse, and one-hot vectors. */
import { defineOperation, type Operation } from '../autodiff.ts';
import { ShapeError } from '../errors.ts';
import { argmax as argmaxKernel, argmin as argminKernel } from '../kernels/arg-reduction.ts';
import { type GatherParams, gatherGradient, gather as gatherKernel, oneHot as oneHotKernel } from '../kernels/gather.ts';
import { type Shape, sizeOf, type Tensor } from '../tensor.ts';
import { axisOf } from './arguments.ts';
import { compute } from './run.ts';

interface GatherAttrs {
  readonly params: GatherParams;
  readonly from: Shape;
  readonly to: Shape;
}

const gatherOp: Operation<GatherAttrs> = defineOperation<GatherAttrs>({
  name: 'gather',
  equation: 'y_{ojk} = x_{o\\,i_j\\,k}',
  saves: 'inputs',
  forward: ([x, index], { params, to }) =>
    compute(gatherKernel, { x: x as Tensor, index: index as Tensor }, to, params, (x as Tensor).dtype),
  gradient: (gy, { inputs, attrs }) => [scatterOp([gy, inputs[1] as Tensor], attrs), null],
});

const scatterOp: Operation<GatherAttrs> = defineOperation<GatherAttrs>({
  name: 'scatterAdd',
  equation: 'y_{ork} = \\sum_{j:\\,i_j = r} x_{ojk}',
  saves: 'inputs',
  forward: ([gy, index], { params, from }) => compute(gatherGradient, { gy: gy as Tensor, index: index as Tensor }, from, params),
  gradient: (g, { inputs, attrs }) => [gatherOp([g, inputs[1] as Tensor], attrs), null],
});

function gatherAttrs(op: string, from: Shape, index: Tensor, axis: number): GatherAttrs {
  if (index.dtype !== 'i32') throw new ShapeError(op, [from, index.shape], 'the index must be an i32 tensor');
  const d = axisOf(op, from, axis);
  const outer = sizeOf(from.slice(0, d));
  const inner = sizeOf(from.slice(d + 1));
  const to = [...from.slice(0, d), ...index.shape, ...from.slice(d + 1)];
  return { params: { outer, extent: from[d] as number, inner, count: index.size }, from, to };
}

/** Entries of x along `axis` in the order of `index` (i32, any shape); an index may occur repeatedly. */
export function gather(x: Tensor, index: Tensor, axis = 0): Tensor {
  return gatherOp([x, index], gatherAttrs('gather', x.shape, index, axis));
}

/** The reverse of `gather`: a tensor of `shape` in which each entry of x is added at its index. The order of addition is fixed. */
export function scatterAdd(x: Tensor, index: Tensor, shape: Shape, axis = 0): Tensor {
  const attrs = gatherAttrs('scatterAdd', shape, index, axis);
  if (sizeOf(attrs.to) !== x.size)
    throw new ShapeError('scatterAdd', [x.shape, index.shape, shape], `x must have shape [${attrs.to.join(', ')}]`);
  return scatterOp([x, index], attrs);
}

/** [.., classes]: 1 at each label, else 0. @param labels i32 */
export function oneHot(labels: Tensor, classes: number): Tensor {
  if (labels.dtype !== 'i32') throw new ShapeError('oneHot', [labels.shape], 'the labels must be an i32 tensor');
  return compute(oneHotKernel, { index: labels }, [...labels.shape, classes], { count: labels.size, classes });
}

function argReduce(name: 'argmax' | 'argmin', x: Tensor, axis: number): Tensor {
  const d = axisOf(name, x.shape, axis);
  const params = { outer: sizeOf(x.shape.slice(0, d)), reduce: x.shape[d] as number, inner: sizeOf(x.shape.slice(d + 1)) };
  if (params.reduce < 1) throw new ShapeError(name, [x.shape], 'the axis must not be empty');
  const shape = x.shape.filter((_, axisOfX) => axisOfX !== d);
  return compute(name === 'argmax' ? argmaxKernel : argminKernel, { x }, shape, params, 'i32');
}

/** Position of the first largest element along `axis`, of the first NaN where there is one, i32. */
export const argmax = (x: Tensor, axis = -1): Tensor => argReduce('argmax', x, axis);
/** Position of the first smallest element along `axis`, of the first NaN where there is one, i32. */
export const argmin = (x: Tensor, axis = -1): Tensor => argReduce('argmin', x, axis);
