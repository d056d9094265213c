/** Elementwise functions of two variables with broadcasting, and `where`: one kernel per row of the table. */

import shader from '../../shaders/binary.wgsl';
import whereShader from '../../shaders/where.wgsl';
import { atan2, log, pow } from '../math/index.ts';
import { arranged, perItem, perSixteen, product } from './grids.ts';
import { defineKernel, dispatch, type KernelSpec } from './kernel.ts';
import { broadcastShape, broadcastStrides, collapse, contiguousStrides, forEachIndex, reach, twoVectors } from './strides.ts';

/** Extents of the output after merging axes, and the stride of each operand along them (0: repeated). See `binaryParams`. */
export type BinaryParams = {
  readonly shape: readonly number[];
  readonly strideA: readonly number[];
  readonly strideB: readonly number[];
  /** Used by `scaleAdd` only. */
  readonly alpha: number;
  readonly beta: number;
};

interface BinaryRow {
  readonly equation: string;
  f(a: number, b: number, alpha: number, beta: number): number;
}

/** The row's position is its OPERATION in the WGSL. */
const TABLE = {
  add: { equation: 'y = a + b', f: (a, b) => a + b },
  sub: { equation: 'y = a - b', f: (a, b) => a - b },
  mul: { equation: 'y = a\\,b', f: (a, b) => a * b },
  div: { equation: 'y = a / b', f: (a, b) => a / b },
  maximum: { equation: 'y = \\max(a, b)', f: (a, b) => Math.max(a, b) },
  minimum: { equation: 'y = \\min(a, b)', f: (a, b) => Math.min(a, b) },
  pow: { equation: 'y = a^{b}', f: pow },
  atan2: { equation: 'y = \\operatorname{atan2}(a, b)', f: atan2 },
  greater: { equation: 'y = [a > b]', f: (a, b) => Number(a > b) },
  greaterEqual: { equation: 'y = [a \\ge b]', f: (a, b) => Number(a >= b) },
  less: { equation: 'y = [a < b]', f: (a, b) => Number(a < b) },
  lessEqual: { equation: 'y = [a \\le b]', f: (a, b) => Number(a <= b) },
  equal: { equation: 'y = [a = b]', f: (a, b) => Number(a === b) },
  notEqual: { equation: 'y = [a \\ne b]', f: (a, b) => Number(a !== b) },
  heaviside: { equation: 'y = [a > b] + \\tfrac12 [a = b]', f: (a, b) => (a > b ? 1 : a === b ? 0.5 : 0) },
  scaleAdd: { equation: 'y = \\alpha a + \\beta b', f: (a, b, alpha, beta) => alpha * a + beta * b },
  powGradientBase: {
    equation: 'y = \\partial a^{b} / \\partial a = b\\,a^{b-1}',
    f: (a, b) => (b === 0 ? 0 : b * pow(a, b - 1)),
  },
  powGradientExponent: {
    equation: 'y = \\partial a^{b} / \\partial b = a^{b} \\ln a',
    f: (a, b) => (a === 0 && b >= 0 ? 0 : pow(a, b) * log(a)),
  },
} satisfies Record<string, BinaryRow>;

export type BinaryName = keyof typeof TABLE;
export type BinaryKernel = KernelSpec<'a' | 'b', 'y', BinaryParams>;
export const binaryNames = Object.keys(TABLE) as BinaryName[];

/**
 * Parameters for dense operands of two shapes.
 * @returns undefined where the shapes do not broadcast
 * @throws RangeError where more than 8 axes remain after merging
 */
export function binaryParams(
  shapeA: readonly number[],
  shapeB: readonly number[],
  alpha = 1,
  beta = 1,
): { outShape: number[]; params: BinaryParams } | undefined {
  const outShape = broadcastShape(shapeA, shapeB);
  if (!outShape) return undefined;
  const merged = collapse(outShape, [broadcastStrides(shapeA, outShape), broadcastStrides(shapeB, outShape)]);
  const [strideA, strideB] = merged.strides as [number[], number[]];
  return { outShape, params: { shape: merged.shape, strideA, strideB, alpha, beta } };
}

const WHOLE = 0;
const SCALAR = 1;
const ROW = 2;
const COLUMN = 3;

/** How an operand lies in an output of [rows, columns]; undefined: only the general kernel can read it. */
function modeOf(shape: readonly number[], strides: readonly number[]): number | undefined {
  if (strides.every((stride) => stride === 0)) return SCALAR;
  if (contiguousStrides(shape).every((stride, d) => stride === strides[d])) return WHOLE;
  if (shape.length !== 2) return undefined;
  if (strides[0] === 0 && strides[1] === 1) return ROW;
  return strides[0] === 1 && strides[1] === 0 ? COLUMN : undefined;
}

/** Strides in vectors along a contiguous last axis, as they are along a constant one; undefined where neither holds. */
function blockStrides(strides: readonly number[]): { mode: number; strides: number[] } | undefined {
  const last = strides.at(-1);
  if (last === 0) return { mode: SCALAR, strides: [...strides] };
  const outer = strides.slice(0, -1);
  if (last !== 1 || outer.some((stride) => stride % 4 !== 0)) return undefined;
  return { mode: WHOLE, strides: [...outer.map((stride) => stride / 4), 1] };
}

/** The parameters counted in vectors, where `blocks` applies. */
function inBlocks(p: BinaryParams): { params: BinaryParams; overrides: { MODE_A: number; MODE_B: number } } | undefined {
  const last = p.shape.at(-1) as number;
  const a = blockStrides(p.strideA);
  const b = blockStrides(p.strideB);
  if (last % 4 !== 0 || !a || !b) return undefined;
  const params = { ...p, shape: [...p.shape.slice(0, -1), last / 4], strideA: a.strides, strideB: b.strides };
  return { params, overrides: { MODE_A: a.mode, MODE_B: b.mode } };
}

function binaryKernel(name: BinaryName, row: BinaryRow): BinaryKernel {
  const OPERATION = binaryNames.indexOf(name);
  const paramsOf = ({ shape, strideA, strideB, alpha, beta }: BinaryParams) => {
    const extents = twoVectors(shape, 1);
    const a = twoVectors(strideA, 0);
    const b = twoVectors(strideB, 0);
    return {
      count: product(shape),
      columns: shape.at(-1) ?? 1,
      alpha,
      beta,
      outer: extents.outer,
      inner: extents.inner,
      outerStrideA: a.outer,
      innerStrideA: a.inner,
      outerStrideB: b.outer,
      innerStrideB: b.inner,
    };
  };
  return defineKernel({
    name,
    equation: row.equation,
    inputs: ['a', 'b'],
    outputs: ['y'],
    sizes: ({ shape, strideA, strideB }) => ({ a: reach(shape, strideA), b: reach(shape, strideB), y: product(shape) }),
    example: { shape: [2, 3], strideA: [3, 1], strideB: [0, 1], alpha: 1, beta: 1 },
    reference({ a, b }, { y }, { shape, strideA, strideB, alpha, beta }) {
      forEachIndex(shape, [strideA, strideB], (i, [atA, atB]) => {
        y[i] = row.f(a[atA as number] as number, b[atB as number] as number, alpha, beta);
      });
    },
    variants: [
      {
        id: 'naive',
        plan: (p, caps) => ({
          dispatches: [dispatch(shader, 'naive', paramsOf(p), perItem(product(p.shape), caps), { overrides: { OPERATION } })],
        }),
      },
      {
        id: 'blocks',
        applies: (p) => inBlocks(p) !== undefined,
        plan(p, caps) {
          const { params, overrides } = inBlocks(p) as NonNullable<ReturnType<typeof inBlocks>>;
          const count = product(p.shape);
          return {
            dispatches: [
              dispatch(shader, 'blocks', { ...paramsOf(params), count }, perItem(count / 4, caps), {
                overrides: { OPERATION, ...overrides },
                buffers: { a4: 'a', b4: 'b', y4: 'y' },
              }),
            ],
          };
        },
      },
      {
        id: 'vectors',
        applies: (p) => modeOf(p.shape, p.strideA) !== undefined && modeOf(p.shape, p.strideB) !== undefined,
        plan: (p, caps) => ({
          dispatches: [
            dispatch(shader, 'vectors', paramsOf(p), perSixteen(product(p.shape), caps), {
              overrides: {
                OPERATION,
                MODE_A: modeOf(p.shape, p.strideA) ?? 0,
                MODE_B: modeOf(p.shape, p.strideB) ?? 0,
                WIDE: Number((p.shape.at(-1) as number) % 4 === 0),
                ...arranged(caps),
              },
              buffers: { a4: 'a', b4: 'b', y4: 'y' },
            }),
          ],
        }),
      },
    ],
  });
}

/** Kernels by name: y from a and b. Comparisons give 0 or 1. `pow` is right to 2 ulp with the edges of C, `atan2` to 5 ulp. */
export const binaryKernels = Object.fromEntries(binaryNames.map((name) => [name, binaryKernel(name, TABLE[name])])) as Readonly<
  Record<BinaryName, BinaryKernel>
>;

export type WhereParams = {
  readonly shape: readonly number[];
  readonly strideMask: readonly number[];
  readonly strideA: readonly number[];
  readonly strideB: readonly number[];
};

/** Parameters of `where` for dense operands of three shapes; undefined where they do not broadcast. */
export function whereParams(
  shapeMask: readonly number[],
  shapeA: readonly number[],
  shapeB: readonly number[],
): { outShape: number[]; params: WhereParams } | undefined {
  const outShape = broadcastShape(shapeMask, shapeA, shapeB);
  if (!outShape) return undefined;
  const merged = collapse(
    outShape,
    [shapeMask, shapeA, shapeB].map((shape) => broadcastStrides(shape, outShape)),
  );
  const [strideMask, strideA, strideB] = merged.strides as [number[], number[], number[]];
  return { outShape, params: { shape: merged.shape, strideMask, strideA, strideB } };
}

function whereDispatchParams({ shape, strideMask, strideA, strideB }: WhereParams) {
  const extents = twoVectors(shape, 1);
  const mask = twoVectors(strideMask, 0);
  const a = twoVectors(strideA, 0);
  const b = twoVectors(strideB, 0);
  return {
    count: product(shape),
    outer: extents.outer,
    inner: extents.inner,
    outerStrideMask: mask.outer,
    innerStrideMask: mask.inner,
    outerStrideA: a.outer,
    innerStrideA: a.inner,
    outerStrideB: b.outer,
    innerStrideB: b.inner,
  };
}

export const where = defineKernel<'mask' | 'a' | 'b', 'y', WhereParams>({
  name: 'where',
  equation: 'y = a\\ \\text{if}\\ m \\ne 0,\\ \\text{else}\\ b',
  inputs: ['mask', 'a', 'b'],
  outputs: ['y'],
  types: { a: 'u32', b: 'u32', y: 'u32' },
  words: ['a', 'b', 'y'],
  sizes: ({ shape, strideMask, strideA, strideB }) => ({
    mask: reach(shape, strideMask),
    a: reach(shape, strideA),
    b: reach(shape, strideB),
    y: product(shape),
  }),
  example: { shape: [2, 3], strideMask: [3, 1], strideA: [3, 1], strideB: [3, 1] },
  reference({ mask, a, b }, { y }, { shape, strideMask, strideA, strideB }) {
    forEachIndex(shape, [strideMask, strideA, strideB], (i, [atMask, atA, atB]) => {
      y[i] = (mask[atMask as number] !== 0 ? a[atA as number] : b[atB as number]) as number;
    });
  },
  variants: [
    {
      id: 'naive',
      plan: (p, caps) => ({
        dispatches: [dispatch(whereShader, 'naive', whereDispatchParams(p), perItem(product(p.shape), caps))],
      }),
    },
    {
      id: 'vectors',
      applies: ({ shape, strideMask, strideA, strideB }) =>
        [strideMask, strideA, strideB].every((strides) => modeOf(shape, strides) === WHOLE),
      plan: (p, caps) => ({
        dispatches: [
          dispatch(whereShader, 'vectors', whereDispatchParams(p), perSixteen(product(p.shape), caps), {
            overrides: arranged(caps),
            buffers: { mask4: 'mask', a4: 'a', b4: 'b', y4: 'y' },
          }),
        ],
      }),
    },
  ],
});
