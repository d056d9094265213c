/** Gathering rows by index, the gradient of that (a scatter-add without atomics), and one-hot rows. */
import { fourAtOnce } from '../../shaders/build/constants.ts';
import shader from '../../shaders/gather.wgsl';
import { perItem } from './grids.ts';
import { defineKernel, dispatch } from './kernel.ts';

/** x is [outer, extent, inner]; `count` indices into the axis of `extent`. */
export type GatherParams = {
  readonly outer: number;
  readonly extent: number;
  readonly inner: number;
  readonly count: number;
};

/** `missing`: the 32 bits that stand where an index lies outside the axis, NaN for floats. */
export type GatherWordsParams = GatherParams & { readonly missing: number };

const EXAMPLE: GatherParams = { outer: 2, extent: 3, inner: 4, count: 5 };

/** y[o, j, k] = x[o, index_j, k], of any 32-bit type. */
export const gather = defineKernel<'x' | 'index', 'y', GatherWordsParams>({
  name: 'gather',
  equation: 'y_{ojk} = x_{o\\,i_j\\,k}',
  inputs: ['x', 'index'],
  outputs: ['y'],
  types: { x: 'u32', y: 'u32', index: 'i32' },
  words: ['x', 'y'],
  sizes: ({ outer, extent, inner, count }) => ({ x: outer * extent * inner, index: count, y: outer * count * inner }),
  example: { ...EXAMPLE, missing: 0x7fc00000 },
  reference({ x, index }, { y }, { outer, extent, inner, count, missing }) {
    for (let o = 0; o < outer; o++) {
      for (let j = 0; j < count; j++) {
        const r = index[j] as number;
        for (let k = 0; k < inner; k++) {
          const inside = r >= 0 && r < extent;
          y[(o * count + j) * inner + k] = inside ? (x[(o * extent + r) * inner + k] as number) : missing;
        }
      }
    }
  },
  variants: [
    {
      id: 'naive',
      plan: (p, caps) => ({ dispatches: [dispatch(shader, 'naive', p, perItem(p.outer * p.count * p.inner, caps))] }),
    },
    {
      id: 'vectors',
      applies: (p) => p.inner % 4 === 0,
      plan: (p, caps) => ({
        dispatches: [dispatch(fourAtOnce(shader, 'vec4u'), 'naive', p, perItem((p.outer * p.count * p.inner) / 4, caps))],
      }),
    },
  ],
});

/** gx[o, r, k] = sum of gy[o, j, k] over the j with index_j = r, in the order of j: the gradient of `gather`, or a scatter-add into zeros. */
export const gatherGradient = defineKernel<'gy' | 'index', 'gx', GatherParams>({
  name: 'gatherGradient',
  equation: 'g_{x,ork} = \\sum_{j:\\,i_j = r} g_{y,ojk}',
  inputs: ['gy', 'index'],
  outputs: ['gx'],
  types: { index: 'i32' },
  sizes: ({ outer, extent, inner, count }) => ({ gy: outer * count * inner, index: count, gx: outer * extent * inner }),
  example: EXAMPLE,
  reference({ gy, index }, { gx }, { outer, extent, inner, count }) {
    gx.fill(0);
    for (let o = 0; o < outer; o++) {
      for (let j = 0; j < count; j++) {
        const r = index[j] as number;
        if (r < 0 || r >= extent) continue;
        for (let k = 0; k < inner; k++) {
          const at = (o * extent + r) * inner + k;
          gx[at] = (gx[at] as number) + (gy[(o * count + j) * inner + k] as number);
        }
      }
    }
  },
  variants: [
    {
      id: 'naive',
      plan: (p, caps) => ({
        dispatches: [dispatch(shader, 'gradient', { ...p, missing: 0 }, perItem(p.outer * p.extent * p.inner, caps, 64))],
      }),
    },
    {
      id: 'vectors',
      applies: (p) => p.inner % 4 === 0,
      plan: (p, caps) => ({
        dispatches: [
          dispatch(shader, 'vectorsGradient', { ...p, missing: 0 }, perItem((p.outer * p.extent * p.inner) / 4, caps, 64), {
            buffers: { gy4: 'gy', gx4: 'gx', index4: 'index' },
          }),
        ],
      }),
    },
  ],
});

/** y[j, k] = 1 where k = index_j, else 0; a row of NaN for an index outside [0, classes), so that it cannot pass unseen. */
export const oneHot = defineKernel<'index', 'y', { readonly count: number; readonly classes: number }>({
  name: 'oneHot',
  equation: 'y_{jk} = [k = i_j]',
  inputs: ['index'],
  outputs: ['y'],
  types: { index: 'i32' },
  sizes: ({ count, classes }) => ({ index: count, y: count * classes }),
  example: { count: 3, classes: 5 },
  reference({ index }, { y }, { count, classes }) {
    for (let j = 0; j < count; j++) {
      const label = index[j] as number;
      const known = label >= 0 && label < classes;
      for (let k = 0; k < classes; k++) y[j * classes + k] = known ? Number(label === k) : Number.NaN;
    }
  },
  variants: [
    {
      id: 'naive',
      plan: ({ count, classes }, caps) => ({
        dispatches: [
          dispatch(
            shader,
            'oneHot',
            { outer: 1, extent: classes, inner: 1, count, missing: 0x7fc00000 },
            perItem(count * classes, caps),
            {
              buffers: { oneHotRows: 'y' },
            },
          ),
        ],
      }),
    },
  ],
});
