/** Moving elements between boxes: permute, slice, expand, flip, concatenation, and placing into a larger tensor. */
import shader from '../../shaders/copy.wgsl';
import { arranged, perItem, perSixteen, product } from './grids.ts';
import { defineKernel, dispatch, type KernelSpec, type Variant } from './kernel.ts';
import { collapse, contiguousStrides, forEachIndex, reach, twoVectors } from './strides.ts';

/** A box of elements and where each lies in x and in y. Strides may be 0 or negative in x; see `copyParams`. */
export type CopyParams = {
  readonly shape: readonly number[];
  readonly strideX: readonly number[];
  readonly offsetX: number;
  readonly strideY: readonly number[];
  readonly offsetY: number;
};

/**
 * Parameters of a copy with neighbouring axes merged. Axes may be given in any order; y's strides default to a dense y.
 * @throws RangeError where more than 8 axes remain
 */
export function copyParams(box: {
  shape: readonly number[];
  strideX: readonly number[];
  offsetX?: number;
  strideY?: readonly number[];
  offsetY?: number;
}): CopyParams {
  const strideY = box.strideY ?? contiguousStrides(box.shape);
  const merged = collapse(box.shape, [box.strideX, strideY]);
  const [mergedX, mergedY] = merged.strides as [number[], number[]];
  return { shape: merged.shape, strideX: mergedX, offsetX: box.offsetX ?? 0, strideY: mergedY, offsetY: box.offsetY ?? 0 };
}

/** Parameters that give y = x with its axes in the order `axes`. */
export function permuteParams(shape: readonly number[], axes: readonly number[]): CopyParams {
  const strides = contiguousStrides(shape);
  return copyParams({ shape: axes.map((d) => shape[d] as number), strideX: axes.map((d) => strides[d] as number) });
}

function dispatchParams({ shape, strideX, offsetX, strideY, offsetY }: CopyParams, tileStrideX = 0, tileStrideY = 0) {
  const extents = twoVectors(shape, 1);
  const x = twoVectors(strideX, 0);
  const y = twoVectors(strideY, 0);
  return {
    count: product(shape),
    offsetX,
    offsetY,
    tileStrideX,
    tileStrideY,
    outer: extents.outer,
    inner: extents.inner,
    outerStrideX: x.outer,
    innerStrideX: x.inner,
    outerStrideY: y.outer,
    innerStrideY: y.inner,
  };
}

const by4 = (values: readonly number[]) => values.map((value) => value / 4);
const fours = (values: readonly number[]) => values.every((value) => value % 4 === 0);

/** The same copy counted in vec4, where the last axis is contiguous on both sides and everything divides by 4. */
function inVectors(p: CopyParams): CopyParams | undefined {
  const last = p.shape.length - 1;
  const whole =
    p.strideX[last] === 1 &&
    p.strideY[last] === 1 &&
    fours([p.offsetX, p.offsetY, p.shape[last] as number, ...p.strideX.slice(0, last), ...p.strideY.slice(0, last)]);
  if (!whole) return undefined;
  return {
    shape: [...p.shape.slice(0, last), (p.shape[last] as number) / 4],
    strideX: [...by4(p.strideX.slice(0, last)), 1],
    offsetX: p.offsetX / 4,
    strideY: [...by4(p.strideY.slice(0, last)), 1],
    offsetY: p.offsetY / 4,
  };
}

/** The same copy in 4 x 4 tiles, where one axis is contiguous in x and another in y. */
function inTiles(p: CopyParams): ReturnType<typeof dispatchParams> | undefined {
  const alongX = p.strideX.indexOf(1);
  const alongY = p.strideY.indexOf(1);
  if (alongX < 0 || alongY < 0 || alongX === alongY) return undefined;
  const othersX = p.strideX.filter((_, d) => d !== alongX);
  const othersY = p.strideY.filter((_, d) => d !== alongY);
  const extents = [p.shape[alongX] as number, p.shape[alongY] as number];
  if (!fours([p.offsetX, p.offsetY, ...extents, ...othersX, ...othersY])) return undefined;
  // Positions in vec4: a step of four along either axis of the tile is one vector on one side and four rows on the other.
  const box: CopyParams = {
    shape: p.shape.map((extent, d) => (d === alongX || d === alongY ? extent / 4 : extent)),
    strideX: p.strideX.map((stride, d) => (d === alongX ? 1 : d === alongY ? stride : stride / 4)),
    offsetX: p.offsetX / 4,
    strideY: p.strideY.map((stride, d) => (d === alongY ? 1 : d === alongX ? stride : stride / 4)),
    offsetY: p.offsetY / 4,
  };
  return dispatchParams(box, (p.strideX[alongY] as number) / 4, (p.strideY[alongX] as number) / 4);
}

const buffers = { x4: 'x', y4: 'y' };

const variants: readonly Variant<CopyParams>[] = [
  {
    id: 'naive',
    plan: (p, caps) => ({ dispatches: [dispatch(shader, 'naive', dispatchParams(p), perItem(product(p.shape), caps))] }),
  },
  {
    id: 'tiles',
    applies: (p) => inTiles(p) !== undefined,
    plan(p, caps) {
      const params = inTiles(p) as ReturnType<typeof dispatchParams>;
      return { dispatches: [dispatch(shader, 'tiles', params, perItem(params.count, caps), { buffers })] };
    },
  },
  {
    id: 'vectors',
    applies: (p) => inVectors(p) !== undefined,
    plan(p, caps) {
      const params = dispatchParams(inVectors(p) as CopyParams);
      return { dispatches: [dispatch(shader, 'vectors', params, perItem(params.count, caps), { buffers })] };
    },
  },
  {
    id: 'contiguous',
    applies: (p) => p.shape.length === 1 && inVectors(p) !== undefined,
    plan(p, caps) {
      const params = dispatchParams(inVectors(p) as CopyParams);
      const options = { overrides: arranged(caps), buffers };
      return { dispatches: [dispatch(shader, 'contiguous', params, perSixteen(4 * params.count, caps), options)] };
    },
  },
];

function definition(name: 'copy' | 'copyInto'): KernelSpec<'x', 'y', CopyParams> {
  return {
    name,
    equation: 'y_{o_y + \\sum_d i_d s^y_d} = x_{o_x + \\sum_d i_d s^x_d}',
    inputs: ['x'],
    outputs: ['y'],
    types: { x: 'u32', y: 'u32' },
    words: ['x', 'y'],
    sizes: ({ shape, strideX, offsetX, strideY, offsetY }) => ({
      x: reach(shape, strideX, offsetX),
      y: reach(shape, strideY, offsetY),
    }),
    example: { shape: [2, 3], strideX: [1, 2], offsetX: 0, strideY: [3, 1], offsetY: 0 },
    reference({ x }, { y }, { shape, strideX, offsetX, strideY, offsetY }) {
      forEachIndex(shape, [strideX, strideY], (_, [atX, atY]) => {
        y[offsetY + (atY as number)] = x[offsetX + (atX as number)] as number;
      });
    },
    variants,
  };
}

/** Fills a dense y from a box of x: permute, slice, expand, flip. 32-bit words of any type. */
export const copy = defineKernel({
  ...definition('copy'),
  copies({ shape, strideX, offsetX, strideY, offsetY }) {
    const dense = shape.length === 1 && strideX[0] === 1 && strideY[0] === 1 && offsetX === 0 && offsetY === 0;
    return dense ? shape[0] : undefined;
  },
});

/** Writes a box of x into a part of y and leaves the rest of y as it is: concatenation, the gradient of a slice. */
export const copyInto = defineKernel({ ...definition('copyInto'), inPlace: ['y'] });
