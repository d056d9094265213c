/** Softmax and its logarithm along one axis. */
import { defineOperation, isRecording } from '../autodiff.ts';
import { softmax as kernel, logSoftmax as logKernel, logSoftmaxGradient, softmaxGradient } from '../kernels/softmax.ts';
import type { Tensor } from '../tensor.ts';
import { type AxisArgument, axisFrom, axisOf, checkTensor } from './arguments.ts';
import { mul, sub } from './binary.ts';
import { sum } from './reduce.ts';
import { compute } from './run.ts';
import { transpose } from './shape.ts';
import { exp } from './unary.ts';

const paramsOf = (x: Tensor) => {
  const classes = x.shape.at(-1) ?? 1;
  return { rows: x.size / Math.max(1, classes), classes };
};

const softmaxOp = defineOperation({
  name: 'softmax',
  equation: kernel.equation,
  saves: 'output',
  forward: ([x]) => compute(kernel, { x: x as Tensor }, (x as Tensor).shape, paramsOf(x as Tensor)),
  gradient(gy, { output: y }) {
    if (isRecording()) return [mul(y, sub(gy, sum(mul(gy, y), { axes: -1, keepDims: true })))];
    return [compute(softmaxGradient, { gy, saved: y }, gy.shape, paramsOf(gy))];
  },
});

const logSoftmaxOp = defineOperation({
  name: 'logSoftmax',
  equation: logKernel.equation,
  saves: 'output',
  forward: ([x]) => compute(logKernel, { x: x as Tensor }, (x as Tensor).shape, paramsOf(x as Tensor)),
  gradient(gy, { output: y }) {
    if (isRecording()) return [sub(gy, mul(exp(y), sum(gy, { axes: -1, keepDims: true })))];
    return [compute(logSoftmaxGradient, { gy, saved: y }, gy.shape, paramsOf(gy))];
  },
});

function along(op: string, apply: (x: Tensor) => Tensor, x: Tensor, axis: AxisArgument): Tensor {
  checkTensor(op, x);
  const d = axisOf(op, x.shape, axisFrom(op, axis, -1));
  if (d === x.rank - 1) return apply(x);
  return transpose(apply(transpose(x, d, -1)), d, -1);
}

/**
 * Probabilities e^{x_k} / Σ_j e^{x_j} along `axis`, to a relative (n + |x_k − max x| + 8)·2⁻²³ for n classes. A logit of −∞ (a mask) has
 * probability 0; a row of nothing else, or with a NaN, is NaN.
 */
export function softmax(x: Tensor, axis: AxisArgument = -1): Tensor {
  return along('softmax', (v) => softmaxOp([v], {}), x, axis);
}

/**
 * x_k − ln Σ_j e^{x_j} along `axis`, without overflow, however large the logits: to (n + 2|y_k| + 4)·2⁻²⁴ for n classes. −∞ stays −∞.
 */
export function logSoftmax(x: Tensor, axis: AxisArgument = -1): Tensor {
  return along('logSoftmax', (v) => logSoftmaxOp([v], {}), x, axis);
}
