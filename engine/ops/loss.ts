/** Losses. Each is reduced to its mean (default) or sum, or left as it is. */

import { defineOperation, isRecording } from '../autodiff.ts';
import { constantTable, isConstant } from '../constant.ts';
import { ArgumentError, DTypeError, kindOf, ShapeError } from '../errors.ts';
import { crossEntropy as crossEntropyKernel } from '../kernels/softmax.ts';
import { emptyTensor, sameShape, Tensor } from '../tensor.ts';
import { checkChoice, checkOptions, checkTensor } from './arguments.ts';
import { add, div, equal, mul, sub, where } from './binary.ts';
import { indexSelect, oneHot } from './gather.ts';
import { mean, sum } from './reduce.ts';
import { run } from './run.ts';
import { reshape } from './shape.ts';
import { logSoftmax, softmax } from './softmax.ts';
import { asFloat } from './types.ts';
import { abs, affine, neg, softplus, square } from './unary.ts';

export type Reduction = 'mean' | 'sum' | 'none';

export interface LossOptions {
  readonly reduction?: Reduction;
}

/** As PyTorch's `cross_entropy` takes them. */
export interface CrossEntropyOptions extends LossOptions {
  /** w_k, one factor for each class; those of the labels weigh the mean. Default: 1 for all. */
  readonly weight?: Tensor | readonly number[];
  /** ε in [0, 1]: the share of the target that all classes have in equal parts (Szegedy et al. 2016, section 7). Default 0. */
  readonly labelSmoothing?: number;
  /** Rows with this label have the loss 0 and do not count for the mean. Default: none (PyTorch's is −100). */
  readonly ignoreIndex?: number;
}

function reductionOf(op: string, options: LossOptions, more: readonly string[] = []): Reduction {
  checkOptions(op, options, ['reduction', ...more]);
  const { reduction = 'mean' } = options;
  checkChoice(op, 'reduction', reduction, ['mean', 'sum', 'none']);
  return reduction;
}

function reduced(loss: Tensor, reduction: Reduction): Tensor {
  return reduction === 'mean' ? mean(loss) : reduction === 'sum' ? sum(loss) : loss;
}

interface CrossEntropyAttrs {
  readonly reduction: Reduction;
  /** ∂L/∂x, made by the forward kernel; without a reduction, ∂ℓ_n/∂x. */
  slope?: Tensor;
}

/** The weight of a row in the loss. */
const scaleOf = (reduction: Reduction, rows: number): number => (reduction === 'mean' ? 1 / rows : 1);

const crossEntropyOp = defineOperation<CrossEntropyAttrs>({
  name: 'crossEntropy',
  equation: 'L = \\tfrac1N \\sum_n \\Big(\\ln\\sum_k e^{x_{nk}} - x_{n t_n}\\Big)',
  saves: 'inputs',
  forward([logits, labels], attrs) {
    const x = logits as Tensor;
    const [rows, classes] = x.shape as [number, number];
    const loss = emptyTensor([rows], 'crossEntropy', 'f32', x.device);
    const slope = emptyTensor(x.shape, 'crossEntropy', 'f32', x.device);
    run(
      crossEntropyKernel,
      { x, labels: labels as Tensor, loss, gx: slope },
      { rows, classes, scale: scaleOf(attrs.reduction, rows) },
    );
    if (x.requiresGrad) attrs.slope = slope;
    else slope.dispose();
    return reduced(loss, attrs.reduction);
  },
  gradient(gy, { inputs: [logits, labels], attrs }) {
    const x = logits as Tensor;
    const [rows, classes] = x.shape as [number, number];
    const { reduction } = attrs;
    const slope = isRecording()
      ? affine(sub(softmax(x), oneHot(labels as Tensor, classes)), scaleOf(reduction, rows), 0)
      : (attrs.slope as Tensor);
    if (reduction === 'none') return [mul(slope, reshape(gy, [rows, 1])), null];
    // Where nothing stands behind the loss, there is nothing to multiply.
    return [isConstant(gy, 1) ? slope.alias() : mul(slope, gy), null];
  },
});

/** @throws ArgumentError unless there is a number of at least 0 for each class */
function classWeights(weight: Tensor | readonly number[], classes: number, device: Tensor['device']): Tensor {
  const op = 'crossEntropy';
  if (weight instanceof Tensor) {
    if (!sameShape(weight.shape, [classes]))
      throw new ShapeError(op, [weight.shape], `weight must be [${classes}], one for each class`);
    return asFloat(weight);
  }
  if (!Array.isArray(weight)) throw new ArgumentError(op, `weight must be a tensor or a list of numbers, not ${kindOf(weight)}`);
  const wrong = weight.findIndex((w) => typeof w !== 'number' || !(w >= 0 && w < Number.POSITIVE_INFINITY));
  if (weight.length !== classes || wrong >= 0) {
    const found = wrong >= 0 ? `${kindOf(weight[wrong])} ${String(weight[wrong])}` : `${weight.length} of them`;
    throw new ArgumentError(op, `weight must hold a number of at least 0 for each of ${classes} classes, not ${found}`);
  }
  return constantTable(`class weights ${weight.join(' ')}`, device, [classes], () => weight);
}

/**
 * ℓ_n = (1 − ε) w_t (−ln p_t) + ε/K Σ_k w_k (−ln p_k) for the rows that count, 0 for the others; their mean is Σ ℓ_n / Σ w_t over the rows
 * that count.
 */
function weightedCrossEntropy(x: Tensor, labels: Tensor, reduction: Reduction, options: CrossEntropyOptions): Tensor {
  const { weight, labelSmoothing: epsilon = 0, ignoreIndex } = options;
  const [rows, classes] = x.shape as [number, number];
  const w = weight && classWeights(weight, classes, x.device);
  const ignored = ignoreIndex === undefined ? undefined : equal(labels, ignoreIndex);
  const counting = (value: Tensor) => (ignored ? where(ignored, 0, value) : value);
  const t = ignored ? where(ignored, 0, labels) : labels;
  const factor = w && indexSelect(w, t);
  const own = crossEntropyOp([x, t], { reduction: 'none' });
  let loss = factor ? mul(factor, own) : own;
  if (epsilon > 0) {
    const logP = logSoftmax(x);
    const spread = affine(sum(w ? mul(w, logP) : logP, 1), -epsilon / classes, 0);
    loss = add(affine(loss, 1 - epsilon, 0), spread);
  }
  loss = counting(loss);
  if (reduction !== 'mean') return reduced(loss, reduction);
  if (!factor && !ignored) return mean(loss);
  const ones = factor ?? constantTable(`${rows} ones`, x.device, [rows], () => new Float32Array(rows).fill(1));
  return div(sum(loss), sum(counting(ones)));
}

/**
 * Cross-entropy of logits with integer labels: −ln softmax(x)_t, each to (n + 2ℓ + 4)·2⁻²⁴ for n classes and a loss of ℓ, however large the
 * logits. A logit of −∞ (a mask) takes no part; a loss is ∞ where the label's own is −∞, and with label smoothing where any is.
 * @param logits [N, classes]
 * @param labels i32 [N], each in [0, classes) or `ignoreIndex`: any other makes the loss NaN
 * @param options class weights, label smoothing and the label to leave out, with PyTorch's meaning
 */
export function crossEntropy(logits: Tensor, labels: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const reduction = reductionOf('crossEntropy', options, ['weight', 'labelSmoothing', 'ignoreIndex']);
  checkTensor('crossEntropy', logits, 'the logits');
  checkTensor('crossEntropy', labels, 'the labels');
  if (labels.dtype !== 'i32') throw new DTypeError('crossEntropy', labels.dtype, 'the labels must be i32', 'i32');
  if (logits.rank !== 2 || labels.rank !== 1 || labels.shape[0] !== logits.shape[0]) {
    throw new ShapeError('crossEntropy', [logits.shape, labels.shape], 'logits must be [N, classes] and labels i32 [N]');
  }
  const { weight, labelSmoothing = 0, ignoreIndex } = options;
  if (!(typeof labelSmoothing === 'number' && labelSmoothing >= 0 && labelSmoothing <= 1))
    throw new ArgumentError('crossEntropy', `labelSmoothing must be a number in [0, 1], not ${String(labelSmoothing)}`);
  if (ignoreIndex !== undefined && !Number.isInteger(ignoreIndex))
    throw new ArgumentError('crossEntropy', `ignoreIndex must be a whole number, not ${String(ignoreIndex)}`);
  if (weight === undefined && labelSmoothing === 0 && ignoreIndex === undefined)
    return crossEntropyOp([logits, labels], { reduction });
  return weightedCrossEntropy(logits, labels, reduction, options);
}

/** Both as floats: targets may be integers. @throws ShapeError unless they have one shape */
function pairOf(op: string, x: Tensor, target: Tensor): readonly [Tensor, Tensor] {
  checkTensor(op, x);
  checkTensor(op, target, 'the target');
  if (!sameShape(x.shape, target.shape)) throw new ShapeError(op, [x.shape, target.shape], 'both must have the same shape');
  return [asFloat(x), asFloat(target)];
}

/** Squared error (x − target)². */
export function mseLoss(x: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  return reduced(square(sub(...pairOf('mseLoss', x, target))), reductionOf('mseLoss', options));
}

/** Absolute error |x − target|. */
export function l1Loss(x: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  return reduced(abs(sub(...pairOf('l1Loss', x, target))), reductionOf('l1Loss', options));
}

/**
 * −t ln σ(x) − (1 − t) ln(1 − σ(x)) = t softplus(−x) + (1 − t) softplus(x), for targets in [0, 1]. Neither overflows, and since no term
 * is negative, none cancels: loss and gradient are right to a few units in the last place however sure the prediction is.
 */
export function bceWithLogits(x: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  const [z, t] = pairOf('bceWithLogits', x, target);
  const wrong = mul(t, softplus(neg(z)));
  return reduced(add(wrong, mul(affine(t, -1, 1), softplus(z))), reductionOf('bceWithLogits', options));
}
