/**
 * Elementwise functions of one tensor. A first derivative runs as one fused kernel; when gradients are recorded themselves
 * (createGraph), the same derivative is written with operations, so that it can be differentiated again.
 *
 * Bounds of error are in units in the last place (ulp) of the result over all of f32, on every device; results below 2⁻¹²⁶ (of gelu and
 * silu, below |x|·2⁻¹²⁶) may be 0, and a subnormal x may count as 0. A NaN gives NaN. WGSL lets an adapter assume that there are no NaN and
 * no infinities; the kernels tell them by their bits wherever a comparison would lose them, and every adapter tested keeps them.
 */

import { defineOperation, isRecording } from '../autodiff.ts';
import { ArgumentError, kindOf } from '../errors.ts';
import { type UnaryName, unaryGradientKernels, unaryKernels, unaryTable } from '../kernels/unary.ts';
import { type Tensor, zeros } from '../tensor.ts';
import { checkChoice, checkOptions, checkTensor } from './arguments.ts';
import { add, div, greater, less, maximum, minimum, mul, sub, where } from './binary.ts';
import { compute } from './run.ts';
import { asFloat, isInteger, requireFloat } from './types.ts';

interface UnaryAttrs {
  readonly alpha: number;
  readonly beta: number;
}

/** gx from gy with operations only; `saved` is x or y as the table of kernels says. */
type Expression = (gy: Tensor, saved: Tensor, attrs: UnaryAttrs) => Tensor;

const params = (x: Tensor, { alpha, beta }: UnaryAttrs) => ({ count: x.size, alpha, beta });

/** Where the caller knows an operation by another name than its kernel. */
const publicNames: Partial<Record<UnaryName, string>> = { geluErf: 'gelu' };

function unary(name: UnaryName, expression?: Expression): (x: Tensor, alpha?: number, beta?: number) => Tensor {
  const row = unaryTable[name];
  const gradientKernel = unaryGradientKernels[name];
  const saves = row.saves === 'x' ? 'inputs' : row.saves === 'y' ? 'output' : 'none';
  const apply = defineOperation<UnaryAttrs>({
    name,
    equation: row.equation,
    saves,
    forward: ([x], attrs) => compute(unaryKernels[name], { x: x as Tensor }, (x as Tensor).shape, params(x as Tensor, attrs)),
    ...(gradientKernel && {
      gradient: (gy, context) => {
        const saved = saves === 'inputs' ? (context.inputs[0] as Tensor) : saves === 'output' ? context.output : gy;
        if (!isRecording()) return [compute(gradientKernel, { gy, saved }, gy.shape, params(gy, context.attrs))];
        if (!expression) throw new Error(`${name}: its gradient cannot be differentiated again.`);
        return [expression(gy, saved, context.attrs)];
      },
    }),
  });
  return (x, alpha = 0, beta = 0) => {
    const op = publicNames[name] ?? name;
    requireFloat(op, x);
    for (const value of [alpha, beta]) {
      if (typeof value !== 'number')
        throw new ArgumentError(op, `what stands behind the tensor must be a number, not ${kindOf(value)}`);
    }
    return apply([x], { alpha, beta });
  };
}

const one = (x: Tensor) => affine(x, 0, 1);

/** True for an i32 tensor, for which an operation has a form made of others. @throws ArgumentError unless x is a tensor */
function integer(op: string, x: Tensor): boolean {
  checkTensor(op, x);
  return isInteger(x);
}

/** The least and the greatest i32. */
const I32 = [-(2 ** 31), 2 ** 31 - 1] as const;

const affineOp = unary('affine', (gy, _, { alpha }) => affine(gy, alpha, 0));
/** y = αx + β. On i32 the result is i32 where α and β are whole numbers, else f32. */
export function affine(x: Tensor, alpha: number, beta: number): Tensor {
  checkTensor('affine', x);
  if (!isInteger(x)) return affineOp(x, alpha, beta);
  return [alpha, beta].every(Number.isInteger) ? add(mul(x, alpha), beta) : affineOp(asFloat(x), alpha, beta);
}

const negOp = unary('neg', (gy) => neg(gy));
export const neg = (x: Tensor): Tensor => (integer('neg', x) ? sub(0, x) : negOp(x));
const expOp = unary('exp', (gy, y) => mul(gy, y));
/** eˣ, to 1.5 ulp; 0 and ∞ where f32 ends. */
export const exp = (x: Tensor): Tensor => expOp(x);
const logOp = unary('log', (gy, x) => div(gy, x));
/** Natural logarithm, to 1.5 ulp; −∞ at 0, NaN below. */
export const log = (x: Tensor): Tensor => logOp(x);
const sqrtOp = unary('sqrt', (gy, y) => div(affine(gy, 0.5, 0), y));
/** √x, to 3 ulp; NaN below 0. */
export const sqrt = (x: Tensor): Tensor => sqrtOp(x);
const rsqrtOp = unary('rsqrt', (gy, y) => affine(mul(gy, mul(y, square(y))), -0.5, 0));
/** 1/√x, to 4 ulp. */
export const rsqrt = (x: Tensor): Tensor => rsqrtOp(x);
const reciprocalOp = unary('reciprocal', (gy, y) => neg(mul(gy, square(y))));
/** 1/x, to 3 ulp. */
export const reciprocal = (x: Tensor): Tensor => reciprocalOp(x);
const tanhOp = unary('tanh', (gy, y) => mul(gy, affine(square(y), -1, 1)));
/** tanh x, to 3 ulp, also near 0. */
export const tanh = (x: Tensor): Tensor => tanhOp(x);
const sigmoidOp = unary('sigmoid', (gy, y) => mul(gy, mul(y, affine(y, -1, 1))));
/** 1/(1 + e⁻ˣ), to 4 ulp. */
export const sigmoid = (x: Tensor): Tensor => sigmoidOp(x);
const reluOp = unary('relu', (gy, y) => where(greater(y.detach(), 0), gy, 0));
/** max(x, 0), exact. Its gradient is 0 at 0. */
export const relu = (x: Tensor): Tensor => (integer('relu', x) ? maximum(x, 0) : reluOp(x));
const leakyReluOp = unary('leakyRelu', (gy, x, { alpha }) => mul(gy, affine(greater(x.detach(), 0), 1 - alpha, alpha)));
/** x where x > 0, else negativeSlope·x (default 0.01, as in PyTorch). */
export const leakyRelu = (x: Tensor, negativeSlope = 0.01): Tensor => leakyReluOp(x, negativeSlope);
const absOp = unary('abs', (gy, x) => mul(gy, sign(x.detach())));
export const abs = (x: Tensor): Tensor => (integer('abs', x) ? maximum(x, sub(0, x)) : absOp(x));
const squareOp = unary('square', (gy, x) => mul(gy, affine(x, 2, 0)));
export const square = (x: Tensor): Tensor => (integer('square', x) ? mul(x, x) : squareOp(x));
const signOp = unary('sign');
/** −1, 0 or 1; no gradient. */
export const sign = (x: Tensor): Tensor => (integer('sign', x) ? maximum(minimum(x, 1), -1) : signOp(x));
const softplusOp = unary('softplus', (gy, x) => mul(gy, sigmoid(x)));
/** ln(1 + eˣ) without overflow, to 4 ulp, also where eˣ is small. */
export const softplus = (x: Tensor): Tensor => softplusOp(x);
const sinOp = unary('sin', (gy, x) => mul(gy, cos(x)));
/** sin x for x of any size, to 3 ulp; NaN at ±∞. */
export const sin = (x: Tensor): Tensor => sinOp(x);
const cosOp = unary('cos', (gy, x) => neg(mul(gy, sin(x))));
/** cos x for x of any size, to 3 ulp; NaN at ±∞. */
export const cos = (x: Tensor): Tensor => cosOp(x);
const tanOp = unary('tan', (gy, y) => mul(gy, affine(square(y), 1, 1)));
/** tan x for x of any size, to 8 ulp; NaN at ±∞. */
export const tan = (x: Tensor): Tensor => tanOp(x);
const erfOp = unary('erf', (gy, x) => mul(gy, affine(exp(neg(square(x))), 2 / Math.sqrt(Math.PI), 0)));
/** Error function 2/√π ∫₀ˣ e^{−t²} dt, to 4 ulp, also near 0. */
export const erf = (x: Tensor): Tensor => erfOp(x);

const GELU = Math.sqrt(2 / Math.PI);
const geluTanhOp = unary('gelu', (gy, x) => {
  const t = tanh(affine(add(x, affine(mul(x, square(x)), 0.044715, 0)), GELU, 0));
  const inner = affine(square(x), 3 * 0.044715 * GELU, GELU);
  const slope = add(affine(t, 0.5, 0.5), mul(affine(x, 0.5, 0), mul(affine(square(t), -1, 1), inner)));
  return mul(gy, slope);
});
const geluErfOp = unary('geluErf', (gy, x) => {
  const cumulative = affine(erf(affine(x, Math.SQRT1_2, 0)), 0.5, 0.5);
  const density = affine(exp(affine(square(x), -0.5, 0)), 1 / Math.sqrt(2 * Math.PI), 0);
  return mul(gy, add(cumulative, mul(x, density)));
});
/**
 * Gaussian error linear unit x·Φ(x) (Hendrycks & Gimpel 2016), to 12 ulp or (tanh) 6, and where x < 0 to 3x² or 6|u| ulp more, u the argument
 * of tanh. It does not cancel there.
 * @param options.approximate 'none' (default, as in PyTorch) is exact, 'tanh' the paper's approximation
 */
export function gelu(x: Tensor, options: { approximate?: 'tanh' | 'none' } = {}): Tensor {
  checkOptions('gelu', options, ['approximate']);
  const { approximate = 'none' } = options;
  checkChoice('gelu', 'approximate', approximate, ['tanh', 'none']);
  return approximate === 'tanh' ? geluTanhOp(x) : geluErfOp(x);
}

const siluOp = unary('silu', (gy, x) => {
  const s = sigmoid(x);
  return mul(gy, mul(s, add(one(x), mul(x, affine(s, -1, 1)))));
});
/** x·σ(x), also called swish, to 5 ulp. */
export const silu = (x: Tensor): Tensor => siluOp(x);
const eluOp = unary('elu', (gy, x, { alpha }) => {
  const positive = greater(x.detach(), 0);
  return mul(gy, add(positive, mul(affine(positive, -1, 1), affine(exp(minimumZero(x)), alpha, 0))));
});
const minimumZero = (x: Tensor): Tensor => mul(x, affine(greater(x.detach(), 0), -1, 1));
/** x where x > 0, else α(eˣ − 1), to 3 ulp, also near 0. */
export const elu = (x: Tensor, alpha = 1): Tensor => eluOp(x, alpha);

const powOp = unary('powScalar', (gy, x, { alpha }) =>
  alpha === 0 ? zeros(gy.shape, { device: gy.device }) : mul(gy, affine(powScalar(x, alpha - 1), alpha, 0)),
);
/**
 * x^exponent for a constant exponent, to 2 ulp; small whole exponents n are products, to |n| + 1 ulp; both 3 more where negative. Edges as in C:
 * 1 for exponent 0; NaN for a negative base with a fractional exponent.
 */
export const powScalar = (x: Tensor, exponent: number): Tensor => powOp(x, exponent);

const clampOp = unary('clamp', (gy, x, { alpha, beta }) => {
  const detached = x.detach();
  const inside = mul(affine(less(detached, alpha), -1, 1), affine(greater(detached, beta), -1, 1));
  return where(inside, gy, 0);
});
/** Limits every element to [min, max] (default: no bound); where min > max, max wins, and a NaN stays. Its gradient is 1 on both bounds, as in PyTorch. */
export function clamp(x: Tensor, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY): Tensor {
  if (!integer('clamp', x)) return clampOp(x, min, max);
  const within = (bound: number) => Math.min(Math.max(bound, I32[0]), I32[1]);
  return minimum(maximum(x, within(Math.ceil(min))), within(Math.floor(max)));
}

const floorOp = unary('floor');
export const floor = (x: Tensor): Tensor => (integer('floor', x) ? x.detach() : floorOp(x));
const ceilOp = unary('ceil');
export const ceil = (x: Tensor): Tensor => (integer('ceil', x) ? x.detach() : ceilOp(x));
const roundOp = unary('round');
/** Rounds half to even, as PyTorch does. */
export const round = (x: Tensor): Tensor => (integer('round', x) ? x.detach() : roundOp(x));
