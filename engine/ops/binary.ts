/**
 * Elementwise functions of two tensors with NumPy's broadcasting rule, comparisons, and `where`. On i32: sums, differences, products
 * (modulo 2³²), extremes and comparisons; a float and an integer together are computed as floats.
 */

import { defineOperation, isRecording, registerAddition } from '../autodiff.ts';
import { constant } from '../constant.ts';
import { ShapeError } from '../errors.ts';
import { type BinaryName, binaryKernels, binaryParams, where as whereKernel, whereParams } from '../kernels/binary.ts';
import { integerForm } from '../kernels/integer.ts';
import type { Shape, Tensor } from '../tensor.ts';
import { checkTensor } from './arguments.ts';
import { sumTo } from './reduce.ts';
import { compute } from './run.ts';
import { asFloat, isInteger, matched, matchedTensors, type Operand } from './types.ts';
import { affine, log, neg } from './unary.ts';

const BROADCAST = 'aligned from the last axis, lengths must be equal or 1';

interface BinaryAttrs {
  readonly shapeA: Shape;
  readonly shapeB: Shape;
}

type Parts = (gy: Tensor, a: Tensor, b: Tensor, needs: readonly boolean[]) => readonly [Tensor | null, Tensor | null];

function binary(name: BinaryName, equation: string, saves: 'inputs' | 'none', parts?: Parts): (a: Tensor, b: Tensor) => Tensor {
  const apply = defineOperation<BinaryAttrs>({
    name,
    equation,
    saves,
    forward([a, b]) {
      const [left, right] = [a as Tensor, b as Tensor];
      const plan = binaryParams(left.shape, right.shape);
      if (!plan) throw new ShapeError(name, [left.shape, right.shape], BROADCAST);
      const integer = isInteger(left) && isInteger(right) ? integerForm(name) : undefined;
      if (integer) {
        const { shape, strideA, strideB } = plan.params;
        const dtype = integer.compares ? 'f32' : 'i32';
        return compute(integer.kernel, { a: left, b: right }, plan.outShape, { shape, strideA, strideB }, dtype);
      }
      return compute(binaryKernels[name], { a: left, b: right }, plan.outShape, plan.params);
    },
    ...(parts && {
      gradient(gy, context) {
        const [a, b] = (saves === 'inputs' ? context.inputs : [gy, gy]) as [Tensor, Tensor];
        const [ga, gb] = parts(gy, a, b, context.needs);
        const { shapeA, shapeB } = context.attrs;
        return [ga && sumTo(ga, shapeA), gb && sumTo(gb, shapeB)];
      },
    }),
  });
  return (a, b) => apply([a, b], { shapeA: a.shape, shapeB: b.shape });
}

const addOp = binary('add', 'y = a + b', 'none', (gy) => [gy, gy]);
const subOp = binary('sub', 'y = a - b', 'none', (gy, _a, _b, needs) => [gy, needs[1] ? neg(gy) : null]);
const mulOp = binary('mul', 'y = a\\,b', 'inputs', (gy, a, b, needs) => [
  needs[0] ? mul(gy, b) : null,
  needs[1] ? mul(gy, a) : null,
]);
const divOp = binary('div', 'y = a / b', 'inputs', (gy, a, b, needs) => [
  needs[0] ? div(gy, b) : null,
  // Divided twice: b² would leave the range of f32 long before the quotient does.
  needs[1] ? neg(mul(gy, div(div(a, b), b))) : null,
]);
/** Ties share the gradient, as in PyTorch. */
const maximumOp = binary('maximum', 'y = \\max(a, b)', 'inputs', (gy, a, b, needs) => [
  needs[0] ? mul(gy, heaviside(a.detach(), b.detach())) : null,
  needs[1] ? mul(gy, heaviside(b.detach(), a.detach())) : null,
]);
const minimumOp = binary('minimum', 'y = \\min(a, b)', 'inputs', (gy, a, b, needs) => [
  needs[0] ? mul(gy, heaviside(b.detach(), a.detach())) : null,
  needs[1] ? mul(gy, heaviside(a.detach(), b.detach())) : null,
]);
const powBaseSlope = binary('powGradientBase', 'y = b\\,a^{b-1}', 'none');
const powExponentSlope = binary('powGradientExponent', 'y = a^{b} \\ln a', 'none');
/** The fused slopes are right at a = 0; the ones made of operations can be differentiated again. */
const powOp = binary('pow', 'y = a^{b}', 'inputs', (gy, a, b, needs) => [
  needs[0] ? mul(gy, isRecording() ? mul(b, pow(a, affine(b, 1, -1))) : powBaseSlope(a, b)) : null,
  needs[1] ? mul(gy, isRecording() ? mul(pow(a, b), log(a)) : powExponentSlope(a, b)) : null,
]);
const heaviside = binary('heaviside', 'y = [a > b] + \\tfrac12 [a = b]', 'none');
const greaterOp = binary('greater', 'y = [a > b]', 'none');
const greaterEqualOp = binary('greaterEqual', 'y = [a \\ge b]', 'none');
const lessOp = binary('less', 'y = [a < b]', 'none');
const lessEqualOp = binary('lessEqual', 'y = [a \\le b]', 'none');
const equalOp = binary('equal', 'y = [a = b]', 'none');

const isNumber = (value: Operand): value is number => typeof value === 'number';

/** a + b */
export function add(a: Operand, b: Operand): Tensor {
  const [x, y] = matched('add', a, b);
  if (isNumber(y)) return affine(x as Tensor, 1, y);
  if (isNumber(x)) return affine(y, 1, x);
  return addOp(x, y);
}

/** a − b */
export function sub(a: Operand, b: Operand): Tensor {
  const [x, y] = matched('sub', a, b);
  if (isNumber(y)) return affine(x as Tensor, 1, -y);
  if (isNumber(x)) return affine(y, -1, x);
  return subOp(x, y);
}

/** a·b, element by element */
export function mul(a: Operand, b: Operand): Tensor {
  const [x, y] = matched('mul', a, b);
  if (isNumber(y)) return affine(x as Tensor, y, 0);
  if (isNumber(x)) return affine(y, x, 0);
  return mulOp(x, y);
}

/** a / b, element by element. Floats only: a quotient of integers is none. */
export function div(a: Operand, b: Operand): Tensor {
  return divOp(...matchedTensors('div', a, b));
}

export const maximum = (a: Operand, b: Operand): Tensor => maximumOp(...matchedTensors('maximum', a, b));
export const minimum = (a: Operand, b: Operand): Tensor => minimumOp(...matchedTensors('minimum', a, b));
/** a^b for tensors of floats; a must be positive where the gradient of b is wanted. */
export const pow = (a: Operand, b: Operand): Tensor => powOp(...matchedTensors('pow', a, b));
/** 1 where a > b, else 0, as f32; no gradient. The other comparisons alike. */
export const greater = (a: Operand, b: Operand): Tensor => greaterOp(...matchedTensors('greater', a, b));
export const greaterEqual = (a: Operand, b: Operand): Tensor => greaterEqualOp(...matchedTensors('greaterEqual', a, b));
export const less = (a: Operand, b: Operand): Tensor => lessOp(...matchedTensors('less', a, b));
export const lessEqual = (a: Operand, b: Operand): Tensor => lessEqualOp(...matchedTensors('lessEqual', a, b));
export const equal = (a: Operand, b: Operand): Tensor => equalOp(...matchedTensors('equal', a, b));

const whereOp = defineOperation<{ shapeA: Shape; shapeB: Shape }>({
  name: 'where',
  equation: 'y = a\\ \\text{if}\\ m \\ne 0,\\ \\text{else}\\ b',
  saves: 'inputs',
  forward([mask, a, b]) {
    const [m, left, right] = [mask as Tensor, a as Tensor, b as Tensor];
    const plan = whereParams(m.shape, left.shape, right.shape);
    if (!plan) throw new ShapeError('where', [m.shape, left.shape, right.shape], BROADCAST);
    return compute(whereKernel, { mask: m, a: left, b: right }, plan.outShape, plan.params, left.dtype);
  },
  gradient(gy, { inputs, attrs, needs }) {
    const mask = inputs[0] as Tensor;
    const zero = constant(0, gy.device);
    return [
      null,
      needs[1] ? sumTo(where(mask, gy, zero), attrs.shapeA) : null,
      needs[2] ? sumTo(where(mask, zero, gy), attrs.shapeB) : null,
    ];
  },
});

/** a where mask ≠ 0, else b. The mask may be of any type; a and b are of one, or one is a float, and so is the result then. */
export function where(mask: Tensor, a: Operand, b: Operand): Tensor {
  checkTensor('where', mask, 'the mask');
  const [left, right] =
    isNumber(a) && isNumber(b) ? [constant(a, mask.device), constant(b, mask.device)] : matchedTensors('where', a, b);
  return whereOp([asFloat(mask), left, right], { shapeA: left.shape, shapeB: right.shape });
}

registerAddition(add);
