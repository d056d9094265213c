/** Sums, means, extremes and products over one axis of [outer, reduce, inner], deterministic, for axes of any length. */
import naiveShader from '../../shaders/ladders/reduction/1-naive.wgsl';
import slicesShader from '../../shaders/ladders/reduction/2-slices.wgsl';
import vectorsShader from '../../shaders/ladders/reduction/3-vectors.wgsl';
import treeShader from '../../shaders/ladders/reduction/4-workgroup-tree.wgsl';
import { perItem, sliceCount } from './grids.ts';
import { type AdapterCaps, type Dispatch, defineKernel, dispatch, type KernelSpec, linearGrid, type Plan } from './kernel.ts';

/** x is [outer, reduce, inner], y is [outer, inner]. See `reductionSteps`. */
export type ReductionParams = {
  readonly outer: number;
  readonly reduce: number;
  readonly inner: number;
};

interface ReductionRow {
  readonly equation: string;
  readonly operation: number;
  /** How partial results combine: sums of squares are summed, for example. */
  readonly partial: number;
  readonly mean?: boolean;
  contribution(x: number): number;
  combine(a: number, b: number): number;
}

const same = (x: number) => x;
const plus = (a: number, b: number) => a + b;

const TABLE = {
  sum: { equation: 'y_{ok} = \\sum_r x_{ork}', operation: 0, partial: 0, contribution: same, combine: plus },
  mean: {
    equation: 'y_{ok} = \\tfrac1R \\sum_r x_{ork}',
    operation: 0,
    partial: 0,
    mean: true,
    contribution: same,
    combine: plus,
  },
  max: { equation: 'y_{ok} = \\max_r x_{ork}', operation: 1, partial: 1, contribution: same, combine: Math.max },
  min: { equation: 'y_{ok} = \\min_r x_{ork}', operation: 2, partial: 2, contribution: same, combine: Math.min },
  prod: { equation: 'y_{ok} = \\prod_r x_{ork}', operation: 3, partial: 3, contribution: same, combine: (a, b) => a * b },
  sumSquares: { equation: 'y_{ok} = \\sum_r x_{ork}^2', operation: 4, partial: 0, contribution: (x) => x * x, combine: plus },
  sumAbs: { equation: 'y_{ok} = \\sum_r |x_{ork}|', operation: 5, partial: 0, contribution: Math.abs, combine: plus },
} satisfies Record<string, ReductionRow>;

export type ReductionName = keyof typeof TABLE;
export type ReductionKernel = KernelSpec<'x', 'y', ReductionParams>;
export const reductionNames = Object.keys(TABLE) as ReductionName[];

/**
 * The reductions, one after another, that reduce `axes` of a dense tensor of `shape`: one for each group of neighbouring axes, the last
 * group first. (A mean of means over equal counts is the mean; for `sumSquares` and `sumAbs` only the first step is of that kind, the
 * others are `sum`.) Empty where every reduced axis has extent 1.
 */
export function reductionSteps(shape: readonly number[], axes: readonly number[]): ReductionParams[] {
  const reduced = new Set(axes);
  const steps: ReductionParams[] = [];
  let inner = 1;
  let reduce = 1;
  const outerOf = (d: number) => shape.slice(0, d + 1).reduce((total, extent) => total * extent, 1);
  for (let d = shape.length - 1; d >= -1; d--) {
    const extent = shape[d] ?? 1;
    if (d >= 0 && (reduced.has(d) || (extent === 1 && reduce > 1))) {
      reduce *= extent;
      continue;
    }
    if (reduce > 1) steps.push({ outer: outerOf(d), reduce, inner });
    reduce = 1;
    inner *= extent;
  }
  return steps;
}

/** Partial results few enough for one invocation to finish. */
const FEW = 128;

type StageParams = ReductionParams & { readonly slices: number; readonly scale: number };
type Options = { readonly overrides: { OPERATION: number }; readonly buffers: Record<string, string> };

interface Stage {
  readonly slices: number;
  make(params: StageParams, options: Options): Dispatch;
}

/** Reduces stage by stage, each writing `slices` partial results per output for the next, until one is left. */
function staged(row: ReductionRow, p: ReductionParams, stageOf: (current: ReductionParams) => Stage): Plan {
  const dispatches: Dispatch[] = [];
  const temporaries: Record<string, number> = {};
  let source = 'x';
  let current = p;
  for (;;) {
    const { slices, make } = stageOf(current);
    const target = slices === 1 ? 'y' : `partials${dispatches.length}`;
    const OPERATION = source === 'x' ? row.operation : row.partial;
    const scale = slices === 1 && row.mean ? 1 / p.reduce : 1;
    const buffers = { x: source, x4: source, y: target, partials: target, partials4: target };
    dispatches.push(make({ ...current, slices, scale }, { overrides: { OPERATION }, buffers }));
    if (slices === 1) return { dispatches, temporaries };
    temporaries[target] = 4 * p.outer * slices * p.inner;
    source = target;
    current = { ...p, reduce: slices };
  }
}

function naiveStage(caps: AdapterCaps): Stage {
  return {
    slices: 1,
    make: (p, options) => dispatch(naiveShader, 'naive', p, perItem(p.outer * p.inner, caps, 64), options),
  };
}

function sliceStage({ outer, reduce, inner }: ReductionParams, caps: AdapterCaps): Stage {
  const slices = slicesOf(reduce, outer * inner, caps);
  if (slices === 1) return naiveStage(caps);
  return {
    slices,
    make: (p, { overrides, buffers }) =>
      dispatch(slicesShader, 'slices', p, perItem(outer * slices * inner, caps, 64), {
        overrides: { ...overrides, CONTIGUOUS: Number(caps.software) },
        buffers,
      }),
  };
}

/** Slices of equal length for `terms` terms, none of them empty. */
function slicesOf(terms: number, results: number, caps: AdapterCaps): number {
  if (terms <= FEW) return 1;
  const slices = sliceCount(terms, results, caps);
  return caps.software ? Math.ceil(terms / Math.ceil(terms / slices)) : slices;
}

function vectorStage(current: ReductionParams, caps: AdapterCaps): Stage {
  const { outer, reduce, inner } = current;
  const stage = (entry: 'columns' | 'rows', slices: number, results: number): Stage => ({
    slices,
    make: (p, { overrides, buffers }) =>
      dispatch(vectorsShader, entry, p, perItem(results * slices, caps, 64), {
        overrides: { ...overrides, CONTIGUOUS: Number(caps.software) },
        buffers,
      }),
  });
  if (inner % 4 === 0) {
    const results = (outer * inner) / 4;
    return stage('columns', slicesOf(reduce, results, caps), results);
  }
  if (inner === 1 && reduce >= 4 && (reduce % 4 === 0 || outer === 1)) {
    return stage('rows', slicesOf(Math.floor(reduce / 4), outer, caps), outer);
  }
  return sliceStage(current, caps);
}

function treeStage({ outer, reduce }: ReductionParams, caps: AdapterCaps): Stage {
  const slices = Math.max(1, Math.min(Math.ceil(1024 / outer), Math.ceil(reduce / 2048)));
  const grid = linearGrid(outer * slices, 1, caps.maxWorkgroupsPerDimension);
  return { slices, make: (p, options) => dispatch(treeShader, 'tree', p, grid, options) };
}

function reductionKernel(name: ReductionName, row: ReductionRow): ReductionKernel {
  return defineKernel({
    name,
    equation: row.equation,
    inputs: ['x'],
    outputs: ['y'],
    sizes: ({ outer, reduce, inner }) => ({ x: outer * reduce * inner, y: outer * inner }),
    example: { outer: 2, reduce: 4096, inner: 1 },
    reference({ x }, { y }, { outer, reduce, inner }) {
      for (let o = 0; o < outer; o++) {
        for (let k = 0; k < inner; k++) {
          let total = row.contribution(x[o * reduce * inner + k] as number);
          for (let r = 1; r < reduce; r++) {
            total = row.combine(total, row.contribution(x[(o * reduce + r) * inner + k] as number));
          }
          y[o * inner + k] = row.mean ? total / reduce : total;
        }
      }
    },
    variants: [
      { id: 'naive', plan: (p, caps) => staged(row, p, () => naiveStage(caps)) },
      { id: 'slices', plan: (p, caps) => staged(row, p, (current) => sliceStage(current, caps)) },
      { id: 'vectors', plan: (p, caps) => staged(row, p, (current) => vectorStage(current, caps)) },
      {
        id: 'workgroup-tree',
        applies: (p, caps) => !caps.software && p.inner === 1 && p.reduce >= 256,
        plan: (p, caps) => staged(row, p, (current) => treeStage(current, caps)),
      },
    ],
  });
}

/** Kernels by name: y[o, k] from x[o, r, k]. `reduce` must be at least 1. */
export const reductionKernels = Object.fromEntries(
  reductionNames.map((name) => [name, reductionKernel(name, TABLE[name])]),
) as Readonly<Record<ReductionName, ReductionKernel>>;
