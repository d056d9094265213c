/** Nine measures of how far a vector is from another: one kernel per row of the table, one WGSL file for all. */
import shader from '../../shaders/measures.wgsl';
import { perItem } from './grids.ts';
import { defineKernel, dispatch, type KernelSpec } from './kernel.ts';

/** `p` is the exponent of Minkowski's measure; the others do not read it. */
export type MeasureParams = {
  readonly rows: number;
  readonly length: number;
  readonly p: number;
};

type Sums = readonly [number, number, number];

interface MeasureRow {
  readonly equation: string;
  /** What the elements u_i and h_i add to at most three sums. */
  term(u: number, h: number, p: number): Sums;
  /** What the sums mean. */
  result(sums: Sums, p: number, length: number): number;
  /** The greatest term counts instead of their sum. */
  readonly greatest?: boolean;
}

/** a / b, and 0 / 0 = 0. */
const ratio = (a: number, b: number) => (a === 0 ? 0 : a / b);
const difference = (u: number, h: number): Sums => [Math.abs(u - h), 0, 0];
const first = ([sum]: Sums) => sum;

/** The row's position is its MEASURE in the WGSL. */
const TABLE = {
  dot: { equation: 'y_k = \\sum_i u_{ki} h_i', term: (u, h) => [u * h, 0, 0], result: first },
  cosine: {
    equation: 'y_k = 1 - \\frac{\\sum_i u_{ki} h_i}{\\sqrt{\\sum_i u_{ki}^2}\\sqrt{\\sum_i h_i^2}}',
    term: (u, h) => [u * h, u * u, h * h],
    // A vector of zeros is like none.
    result: ([uh, uu, hh]) => (uu === 0 || hh === 0 ? 1 : 1 - uh / (Math.sqrt(uu) * Math.sqrt(hh))),
  },
  manhattan: { equation: 'y_k = \\sum_i |u_{ki} - h_i|', term: difference, result: first },
  euclidean: {
    equation: 'y_k = \\sqrt{\\sum_i (u_{ki} - h_i)^2}',
    term: (u, h) => [(u - h) ** 2, 0, 0],
    result: ([sum]) => Math.sqrt(sum),
  },
  minkowski: {
    equation: 'y_k = \\Big(\\sum_i |u_{ki} - h_i|^p\\Big)^{1/p}',
    term: (u, h, p) => [Math.abs(u - h) ** p, 0, 0],
    result: ([sum], p) => sum ** (1 / p),
  },
  chebyshev: { equation: 'y_k = \\max_i |u_{ki} - h_i|', term: difference, result: first, greatest: true },
  earthMover: {
    equation: 'y_k = \\tfrac1d \\sum_i |u_{k(i)} - h_{(i)}|',
    term: difference,
    result: ([sum], _, length) => sum / length,
  },
  canberra: {
    equation: 'y_k = \\sum_i \\frac{|u_{ki} - h_i|}{|u_{ki}| + |h_i|}',
    term: (u, h) => [ratio(Math.abs(u - h), Math.abs(u) + Math.abs(h)), 0, 0],
    result: first,
  },
  brayCurtis: {
    equation: 'y_k = \\frac{\\sum_i |u_{ki} - h_i|}{\\sum_i |u_{ki} + h_i|}',
    term: (u, h) => [Math.abs(u - h), Math.abs(u + h), 0],
    result: ([apart, together]) => ratio(apart, together),
  },
} satisfies Record<string, MeasureRow>;

export type MeasureName = keyof typeof TABLE;
export const measureNames = Object.keys(TABLE) as MeasureName[];
export type MeasureKernel = KernelSpec<'u' | 'h', 'y', MeasureParams>;

function measureKernel(name: MeasureName, row: MeasureRow): MeasureKernel {
  const overrides = { MEASURE: measureNames.indexOf(name) };
  return defineKernel<'u' | 'h', 'y', MeasureParams>({
    name: `${name}Measure`,
    equation: row.equation,
    inputs: ['u', 'h'],
    outputs: ['y'],
    sizes: ({ rows, length }) => ({ u: rows * length, h: length, y: rows }),
    example: { rows: 3, length: 7, p: 3 },
    reference({ u, h }, { y }, { rows, length, p }) {
      const combine = row.greatest ? Math.max : (a: number, b: number) => a + b;
      for (let k = 0; k < rows; k++) {
        let sums: Sums = [0, 0, 0];
        for (let i = 0; i < length; i++) {
          const [a, b, c] = row.term(u[k * length + i] as number, h[i] as number, p);
          sums = [combine(sums[0], a), combine(sums[1], b), combine(sums[2], c)];
        }
        y[k] = row.result(sums, p, length);
      }
    },
    variants: [
      {
        id: 'row-per-invocation',
        plan: (p, caps) => ({ dispatches: [dispatch(shader, 'rows', p, perItem(p.rows, caps, 64), { overrides })] }),
      },
    ],
  });
}

/** Kernels by name: y[k] from candidates u [rows, length] and a pattern h [length]. `earthMover` takes both sorted. */
export const measureKernels = Object.fromEntries(
  measureNames.map((name) => [name, measureKernel(name, TABLE[name])]),
) as Readonly<Record<MeasureName, MeasureKernel>>;
