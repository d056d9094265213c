/** Integer forms: functions of two variables with broadcasting, comparisons, sums and extremes. Sums and products wrap modulo 2³². */
import shader from '../../shaders/integer.wgsl';
import reductionShader from '../../shaders/integer-reduction.wgsl';
import { perItem, product, sliceCount } from './grids.ts';
import { type AdapterCaps, type Dispatch, defineKernel, dispatch, type KernelSpec } from './kernel.ts';
import type { ReductionParams } from './reduction.ts';
import { forEachIndex, reach, twoVectors } from './strides.ts';

/** Extents of the output after merging axes, and the stride of each operand along them; see `binaryParams`. */
export type IntegerParams = {
  readonly shape: readonly number[];
  readonly strideA: readonly number[];
  readonly strideB: readonly number[];
};

interface IntegerRow {
  readonly equation: string;
  /** Comparisons give 0 or 1 as floats. */
  readonly compares?: true;
  f(a: number, b: number): number;
}

/** The row's position is its OPERATION in the WGSL. */
const TABLE = {
  add: { equation: 'y = a + b', f: (a, b) => (a + b) | 0 },
  sub: { equation: 'y = a - b', f: (a, b) => (a - b) | 0 },
  mul: { equation: 'y = a\\,b', f: Math.imul },
  maximum: { equation: 'y = \\max(a, b)', f: (a, b) => Math.max(a, b) },
  minimum: { equation: 'y = \\min(a, b)', f: (a, b) => Math.min(a, b) },
  greater: { equation: 'y = [a > b]', compares: true, f: (a, b) => Number(a > b) },
  greaterEqual: { equation: 'y = [a \\ge b]', compares: true, f: (a, b) => Number(a >= b) },
  less: { equation: 'y = [a < b]', compares: true, f: (a, b) => Number(a < b) },
  lessEqual: { equation: 'y = [a \\le b]', compares: true, f: (a, b) => Number(a <= b) },
  equal: { equation: 'y = [a = b]', compares: true, f: (a, b) => Number(a === b) },
  notEqual: { equation: 'y = [a \\ne b]', compares: true, f: (a, b) => Number(a !== b) },
} satisfies Record<string, IntegerRow>;

export type IntegerName = keyof typeof TABLE;
export type IntegerKernel = KernelSpec<'a' | 'b', 'y', IntegerParams>;
export const integerNames = Object.keys(TABLE) as IntegerName[];

function integerKernel(name: IntegerName, row: IntegerRow): IntegerKernel {
  const OPERATION = integerNames.indexOf(name);
  return defineKernel({
    name: `${name}I32`,
    equation: row.equation,
    inputs: ['a', 'b'],
    outputs: ['y'],
    types: { a: 'i32', b: 'i32', y: row.compares ? 'f32' : 'i32' },
    sizes: ({ shape, strideA, strideB }) => ({ a: reach(shape, strideA), b: reach(shape, strideB), y: product(shape) }),
    example: { shape: [2, 3], strideA: [3, 1], strideB: [0, 1] },
    reference({ a, b }, { y }, { shape, strideA, strideB }) {
      forEachIndex(shape, [strideA, strideB], (i, [atA, atB]) => {
        y[i] = row.f(a[atA as number] as number, b[atB as number] as number);
      });
    },
    variants: [
      {
        id: 'naive',
        plan({ shape, strideA, strideB }, caps) {
          const extents = twoVectors(shape, 1);
          const [forA, forB] = [twoVectors(strideA, 0), twoVectors(strideB, 0)];
          const params = {
            count: product(shape),
            outer: extents.outer,
            inner: extents.inner,
            outerStrideA: forA.outer,
            innerStrideA: forA.inner,
            outerStrideB: forB.outer,
            innerStrideB: forB.inner,
          };
          const grid = perItem(params.count, caps, 64);
          const overrides = { OPERATION };
          const made = row.compares
            ? dispatch(shader, 'comparison', params, grid, { overrides, buffers: { flags: 'y' } })
            : dispatch(shader, 'arithmetic', params, grid, { overrides });
          return { dispatches: [made] };
        },
      },
    ],
  });
}

/** Kernels by name: y from a and b, both i32. */
export const integerKernels = Object.fromEntries(
  integerNames.map((name) => [name, integerKernel(name, TABLE[name])]),
) as Readonly<Record<IntegerName, IntegerKernel>>;

/** Whether a function of two variables has an integer form, and whether it is a comparison. */
export function integerForm(name: string): { readonly kernel: IntegerKernel; readonly compares: boolean } | undefined {
  if (!Object.hasOwn(TABLE, name)) return undefined;
  const known = name as IntegerName;
  return { kernel: integerKernels[known], compares: 'compares' in TABLE[known] };
}

const REDUCTIONS = {
  sum: { equation: 'y_{ok} = \\sum_r x_{ork}', combine: (a: number, b: number) => (a + b) | 0 },
  max: { equation: 'y_{ok} = \\max_r x_{ork}', combine: (a: number, b: number) => Math.max(a, b) },
  min: { equation: 'y_{ok} = \\min_r x_{ork}', combine: (a: number, b: number) => Math.min(a, b) },
} as const;

export type IntegerReductionName = keyof typeof REDUCTIONS;

/** Terms that one invocation adds up without help. */
const FEW = 128;

function integerReductionKernel(name: IntegerReductionName): KernelSpec<'x', 'y', ReductionParams> {
  const { equation, combine } = REDUCTIONS[name];
  const overrides = { OPERATION: Object.keys(REDUCTIONS).indexOf(name) };
  const stage = ({ outer, reduce, inner }: ReductionParams, slices: number, caps: AdapterCaps, x: string, to: string): Dispatch =>
    dispatch(reductionShader, 'slices', { outer, reduce, inner, slices }, perItem(outer * slices * inner, caps, 64), {
      overrides,
      buffers: { x, partials: to },
    });
  return defineKernel<'x', 'y', ReductionParams>({
    name: `${name}I32`,
    equation,
    inputs: ['x'],
    outputs: ['y'],
    types: { x: 'i32', y: 'i32' },
    sizes: ({ outer, reduce, inner }) => ({ x: outer * reduce * inner, y: outer * inner }),
    example: { outer: 2, reduce: 5, inner: 3 },
    reference({ x }, { y }, { outer, reduce, inner }) {
      for (let o = 0; o < outer; o++) {
        for (let k = 0; k < inner; k++) {
          let total = x[o * reduce * inner + k] as number;
          for (let r = 1; r < reduce; r++) total = combine(total, x[(o * reduce + r) * inner + k] as number);
          y[o * inner + k] = total;
        }
      }
    },
    variants: [
      { id: 'naive', plan: (p, caps) => ({ dispatches: [stage(p, 1, caps, 'x', 'y')] }) },
      {
        id: 'slices',
        applies: (p, caps) => p.reduce > FEW && sliceCount(p.reduce, p.outer * p.inner, caps) > 1,
        plan(p, caps) {
          const slices = sliceCount(p.reduce, p.outer * p.inner, caps);
          return {
            dispatches: [stage(p, slices, caps, 'x', 'partials'), stage({ ...p, reduce: slices }, 1, caps, 'partials', 'y')],
            temporaries: { partials: 4 * p.outer * slices * p.inner },
          };
        },
      },
    ],
  });
}

/** Kernels by name: y[o, k] from x[o, r, k], both i32. `reduce` must be at least 1. */
export const integerReductionKernels: Readonly<Record<IntegerReductionName, KernelSpec<'x', 'y', ReductionParams>>> = {
  sum: integerReductionKernel('sum'),
  max: integerReductionKernel('max'),
  min: integerReductionKernel('min'),
};
