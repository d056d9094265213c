/** Elementwise functions of one variable and their gradients: one kernel per row of the table, two WGSL files for all. */

import shader from '../../shaders/unary.wgsl';
import gradientShader from '../../shaders/unary-gradient.wgsl';
import { cos, erf, erfc, exp, expm1, log, log1p, pow, sin, tan, tanh } from '../math/index.ts';
import { arranged, perItem, perSixteen } from './grids.ts';
import { defineKernel, dispatch, type KernelSpec, type Variant } from './kernel.ts';

/** `alpha` and `beta` mean what the row's equation says; 0 where it names none. */
export type UnaryParams = {
  readonly count: number;
  readonly alpha: number;
  readonly beta: number;
};

export interface UnaryRow {
  readonly equation: string;
  f(x: number, alpha: number, beta: number): number;
  /**
   * Bound of the WGSL's error at x, in units in the last place of the result, for an adapter that divides and takes roots as WGSL
   * demands; results (or their factors beside x) below 2⁻¹²⁶ may be flushed to 0. Absent: 1.
   */
  readonly ulps?: number | ((x: number, alpha: number) => number);
  /** So much arithmetic that loads do not count: one element per invocation, whose pipeline is made many times faster. */
  readonly long?: true;
  /** ∂y/∂x, given x or y as `saves` says. Absent where it is zero almost everywhere. */
  derivative?(saved: number, alpha: number, beta: number): number;
  /** What the gradient reads: the input, the output, or neither (then any buffer of that size may stand there). */
  readonly saves?: 'x' | 'y' | 'none';
  /** Whether nothing passes where ∂y/∂x is 0, not even a NaN or an infinity: the gradient chooses instead of multiplying. */
  readonly gate?: (alpha: number) => boolean;
}

const sigmoid = (x: number) => 1 / (1 + exp(-x));
const geluArgument = (x: number) => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x);
/** σ' = σ(x)(1 − σ(x)) */
const sigmoidSlope = (x: number) => sigmoid(x) * sigmoid(-x);
/** Standard normal distribution and density. */
const normalCdf = (x: number) => 0.5 * erfc(-x * Math.SQRT1_2);
const normalDensity = (x: number) => exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
/** Factors beyond which the others are 0, so that no 0·∞ arises. */
const within = (x: number, bound: number) => Math.min(Math.max(x, -bound), bound);

/** Half to even, as PyTorch and WGSL round. */
export function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

/** The row's position is its OPERATION in the WGSL. */
const TABLE = {
  neg: { equation: 'y = -x', f: (x) => -x, derivative: () => -1, saves: 'none' },
  exp: { equation: 'y = e^{x}', f: exp, ulps: 1.5, derivative: (y) => y, saves: 'y' },
  log: { equation: 'y = \\ln x', f: log, ulps: 1.5, derivative: (x) => 1 / x, saves: 'x' },
  sqrt: { equation: 'y = \\sqrt{x}', f: (x) => Math.sqrt(x), ulps: 3, derivative: (y) => 0.5 / y, saves: 'y' },
  rsqrt: { equation: 'y = 1/\\sqrt{x}', f: (x) => 1 / Math.sqrt(x), ulps: 4, derivative: (y) => -0.5 * y * y * y, saves: 'y' },
  reciprocal: { equation: 'y = 1/x', f: (x) => 1 / x, ulps: 3, derivative: (y) => -y * y, saves: 'y' },
  tanh: { equation: 'y = \\tanh x', f: tanh, ulps: 3, derivative: (y) => (1 - y) * (1 + y), saves: 'y' },
  sigmoid: { equation: 'y = \\frac{1}{1+e^{-x}}', f: sigmoid, ulps: 4, derivative: (y) => y * (1 - y), saves: 'y' },
  relu: {
    equation: 'y = \\max(x, 0)',
    f: (x) => Math.max(x, 0),
    derivative: (y) => (y <= 0 ? 0 : 1),
    saves: 'y',
    gate: () => true,
  },
  leakyRelu: {
    equation: 'y = x\\ \\text{if}\\ x > 0,\\ \\text{else}\\ \\alpha x',
    f: (x, alpha) => (x <= 0 ? alpha * x : x),
    derivative: (x, alpha) => (x > 0 ? 1 : alpha),
    saves: 'x',
  },
  abs: { equation: 'y = |x|', f: (x) => Math.abs(x), derivative: (x) => Math.sign(x), saves: 'x' },
  square: { equation: 'y = x^2', f: (x) => x * x, derivative: (x) => 2 * x, saves: 'x' },
  sign: { equation: 'y = \\operatorname{sign} x', f: (x) => Math.sign(x) },
  softplus: {
    equation: 'y = \\ln(1 + e^{x})',
    f: (x) => Math.max(x, 0) + log1p(exp(-Math.abs(x))),
    ulps: 4,
    derivative: sigmoid,
    saves: 'x',
  },
  sin: { equation: 'y = \\sin x', f: sin, ulps: 3, long: true, derivative: cos, saves: 'x' },
  cos: { equation: 'y = \\cos x', f: cos, ulps: 3, long: true, derivative: (x) => -sin(x), saves: 'x' },
  tan: { equation: 'y = \\tan x', f: tan, ulps: 8, long: true, derivative: (y) => 1 + y * y, saves: 'y' },
  gelu: {
    equation: 'y = \\tfrac{x}{2}\\left(1 + \\tanh\\left(\\sqrt{2/\\pi}\\,(x + 0.044715\\,x^3)\\right)\\right)',
    f: (x) => x * sigmoid(2 * geluArgument(x)),
    ulps: (x) => 6 + (x < 0 ? 6 * Math.abs(geluArgument(x)) : 0),
    derivative: (x) => {
      const v = within(x, 15);
      return (
        sigmoid(2 * geluArgument(x)) +
        v * sigmoidSlope(2 * geluArgument(v)) * 2 * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * v * v)
      );
    },
    saves: 'x',
  },
  geluErf: {
    equation: 'y = \\tfrac{x}{2}\\left(1 + \\operatorname{erf}(x/\\sqrt 2)\\right)',
    f: (x) => x * normalCdf(x),
    ulps: (x) => 12 + (x < 0 ? 3 * x * x : 0),
    derivative: (x) => normalCdf(x) + within(x, 40) * normalDensity(x),
    saves: 'x',
  },
  powScalar: {
    equation: 'y = x^{\\alpha}',
    f: pow,
    long: true,
    ulps: (_, alpha) => (Number.isInteger(alpha) && Math.abs(alpha) <= 8 ? 1 + Math.abs(alpha) : 2) + (alpha < 0 ? 3 : 0),
    derivative: (x, alpha) => (alpha === 0 ? 0 : alpha * pow(x, alpha - 1)),
    saves: 'x',
    gate: (alpha) => alpha === 0,
  },
  clamp: {
    equation: 'y = \\min(\\max(x, \\alpha), \\beta)',
    f: (x, alpha, beta) => Math.min(Math.max(x, alpha), beta),
    derivative: (x, alpha, beta) => (x >= alpha && x <= beta ? 1 : 0),
    saves: 'x',
    gate: () => true,
  },
  floor: { equation: 'y = \\lfloor x \\rfloor', f: (x) => Math.floor(x) },
  ceil: { equation: 'y = \\lceil x \\rceil', f: (x) => Math.ceil(x) },
  round: { equation: 'y = \\lfloor x \\rceil\\ \\text{(half to even)}', f: roundHalfEven },
  elu: {
    equation: 'y = x\\ \\text{if}\\ x > 0,\\ \\text{else}\\ \\alpha(e^{x} - 1)',
    f: (x, alpha) => (x <= 0 ? alpha * expm1(x) : x),
    ulps: 3,
    derivative: (x, alpha) => (x > 0 ? 1 : alpha * exp(x)),
    saves: 'x',
  },
  silu: {
    equation: 'y = \\frac{x}{1+e^{-x}}',
    f: (x) => x * sigmoid(x),
    ulps: 5,
    derivative: (x) => sigmoid(x) * (1 + x * sigmoid(-x)),
    saves: 'x',
  },
  affine: {
    equation: 'y = \\alpha x + \\beta',
    f: (x, alpha, beta) => alpha * x + beta,
    derivative: (_, alpha) => alpha,
    saves: 'none',
  },
  erf: {
    equation: 'y = \\operatorname{erf} x',
    f: erf,
    ulps: 4,
    derivative: (x) => (2 / Math.sqrt(Math.PI)) * exp(-x * x),
    saves: 'x',
  },
} satisfies Record<string, UnaryRow>;

export type UnaryName = keyof typeof TABLE;
export type UnaryKernel = KernelSpec<'x', 'y', UnaryParams>;
export type UnaryGradientKernel = KernelSpec<'gy' | 'saved', 'gx', UnaryParams>;

export const unaryTable: Readonly<Record<UnaryName, UnaryRow>> = TABLE;
export const unaryNames = Object.keys(TABLE) as UnaryName[];

const EXAMPLE: UnaryParams = { count: 7, alpha: 0.5, beta: 1 };

function unaryKernel(name: UnaryName, row: UnaryRow): UnaryKernel {
  const overrides = { OPERATION: unaryNames.indexOf(name) };
  return defineKernel({
    name,
    equation: row.equation,
    inputs: ['x'],
    outputs: ['y'],
    sizes: ({ count }) => ({ x: count, y: count }),
    example: EXAMPLE,
    reference({ x }, { y }, { count, alpha, beta }) {
      for (let i = 0; i < count; i++) y[i] = row.f(x[i] as number, alpha, beta);
    },
    variants: [
      {
        id: 'naive',
        plan: (p, caps) => ({ dispatches: [dispatch(shader, 'naive', p, perItem(p.count, caps, 64), { overrides })] }),
      },
      ...vectorsUnlessLong(row, (p, caps) => ({
        dispatches: [
          dispatch(shader, 'vectors', p, perSixteen(p.count, caps), {
            overrides: { ...overrides, ...arranged(caps) },
            buffers: { x4: 'x', y4: 'y' },
          }),
        ],
      })),
    ],
  });
}

/** A long function gains nothing from four elements an invocation: its code would not fit. */
function vectorsUnlessLong(row: UnaryRow, plan: Variant<UnaryParams>['plan']): readonly Variant<UnaryParams>[] {
  return row.long ? [] : [{ id: 'vectors', plan }];
}

function unaryGradientKernel(name: UnaryName, row: UnaryRow): UnaryGradientKernel | undefined {
  const { derivative, gate } = row;
  if (!derivative) return undefined;
  const overrides = { OPERATION: unaryNames.indexOf(name) };
  const argument = row.saves === 'y' ? 'y' : 'x';
  return defineKernel({
    name: `${name}Gradient`,
    equation: `g_x = g_y\\,\\frac{\\partial y}{\\partial x}(${argument}),\\quad ${row.equation}`,
    inputs: ['gy', 'saved'],
    outputs: ['gx'],
    sizes: ({ count }) => ({ gy: count, saved: count, gx: count }),
    example: EXAMPLE,
    reference({ gy, saved }, { gx }, { count, alpha, beta }) {
      for (let i = 0; i < count; i++) {
        const slope = derivative(saved[i] as number, alpha, beta);
        gx[i] = slope === 0 && gate?.(alpha) ? 0 : (gy[i] as number) * slope;
      }
    },
    variants: [
      {
        id: 'naive',
        plan: (p, caps) => ({ dispatches: [dispatch(gradientShader, 'naive', p, perItem(p.count, caps, 64), { overrides })] }),
      },
      ...vectorsUnlessLong(row, (p, caps) => ({
        dispatches: [
          dispatch(gradientShader, 'vectors', p, perSixteen(p.count, caps), {
            overrides: { ...overrides, ...arranged(caps) },
            buffers: { gy4: 'gy', saved4: 'saved', gx4: 'gx' },
          }),
        ],
      })),
    ],
  });
}

function each<T>(make: (name: UnaryName, row: UnaryRow) => T): Record<UnaryName, T> {
  return Object.fromEntries(unaryNames.map((name) => [name, make(name, unaryTable[name])])) as Record<UnaryName, T>;
}

/** Kernels by name: y from x. */
export const unaryKernels = each(unaryKernel);
/** Gradient kernels by name: gx from gy and the saved x or y; undefined where the gradient is zero almost everywhere. */
export const unaryGradientKernels = each(unaryGradientKernel);
