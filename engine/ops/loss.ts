/** Losses. Each is reduced to its mean (default) or sum, or left as it is. */

import { defineOperation, isRecording } from '../autodiff.ts';
import { isConstant } from '../constant.ts';
import { DTypeError, ShapeError } from '../errors.ts';
import { crossEntropy as crossEntropyKernel } from '../kernels/softmax.ts';
import { emptyTensor, sameShape, type Tensor } from '../tensor.ts';
import { checkChoice, checkOptions, checkTensor } from './arguments.ts';
import { add, mul, sub } from './binary.ts';
import { oneHot } from './gather.ts';
import { mean, sum } from './reduce.ts';
import { run } from './run.ts';
import { reshape } from './shape.ts';
import { softmax } from './softmax.ts';
import { asFloat } from './types.ts';
import { abs, affine, neg, softplus, square } from './unary.ts';

export type Reduction = 'mean' | 'sum' | 'none';

export interface LossOptions {
  readonly reduction?: Reduction;
}

function reductionOf(op: string, options: LossOptions): Reduction {
  checkOptions(op, options, ['reduction']);
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

/**
 * Cross-entropy of logits with integer labels: −ln softmax(x)_t, each to (n + 2ℓ + 4)·2⁻²⁴ for n classes and a loss of ℓ, however large the
 * logits. A logit of −∞ (a mask) takes no part; a loss is ∞ where the label's own is −∞.
 * @param logits [N, classes]
 * @param labels i32 [N], each in [0, classes): any other makes the loss NaN
 */
export function crossEntropy(logits: Tensor, labels: Tensor, options: LossOptions = {}): Tensor {
  const reduction = reductionOf('crossEntropy', options);
  checkTensor('crossEntropy', logits, 'the logits');
  checkTensor('crossEntropy', labels, 'the labels');
  if (labels.dtype !== 'i32') throw new DTypeError('crossEntropy', labels.dtype, 'the labels must be i32', 'i32');
  if (logits.rank !== 2 || labels.rank !== 1 || labels.shape[0] !== logits.shape[0]) {
    throw new ShapeError('crossEntropy', [logits.shape, labels.shape], 'logits must be [N, classes] and labels i32 [N]');
  }
  return crossEntropyOp([logits, labels], { reduction });
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
