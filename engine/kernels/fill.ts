/** Constants, casts and constant padding. */
import castShader from '../../shaders/cast.wgsl';
import fillShader from '../../shaders/fill.wgsl';
import padShader from '../../shaders/pad.wgsl';
import { arranged, perItem, perSixteen, product } from './grids.ts';
import { defineKernel, dispatch, type KernelArray } from './kernel.ts';
import { vec4 } from './strides.ts';

/** The 32 bits of a float, for `fill`; see `wordOf` in tensor.ts for any type. */
export function floatBits(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0] as number;
}

export const fill = defineKernel<never, 'y', { readonly count: number; readonly bits: number }>({
  name: 'fill',
  equation: 'y_i = c',
  inputs: [],
  outputs: ['y'],
  types: { y: 'u32' },
  words: ['y'],
  sizes: ({ count }) => ({ y: count }),
  example: { count: 7, bits: 0x3f800000 },
  reference(_, { y }, { count, bits }) {
    y.fill(bits, 0, count);
  },
  variants: [
    { id: 'naive', plan: (p, caps) => ({ dispatches: [dispatch(fillShader, 'naive', p, perItem(p.count, caps, 64))] }) },
    {
      id: 'vectors',
      plan: (p, caps) => ({
        dispatches: [
          dispatch(fillShader, 'vectors', p, perSixteen(p.count, caps), { overrides: arranged(caps), buffers: { y4: 'y' } }),
        ],
      }),
    },
  ],
});

type Scalar = 'f32' | 'i32' | 'u32';

const clampTo = (low: number, high: number) => (value: number) =>
  Number.isNaN(value) ? 0 : Math.min(Math.max(Math.trunc(value), low), high);
const MOST_I32 = 2 ** 31 - 1;

/** From floats WGSL clamps to the largest float that the target holds: 2^31 - 128 and 2^32 - 256. */
const CONVERSIONS: Readonly<Record<string, (value: number) => number>> = {
  floatToInteger: clampTo(-(2 ** 31), 2 ** 31 - 128),
  floatToNatural: clampTo(0, 2 ** 32 - 256),
  integerToFloat: (value) => value,
  naturalToFloat: (value) => value,
  integerToNatural: (value) => Math.max(value, 0),
  naturalToInteger: (value) => Math.min(value, MOST_I32),
};

function castKernel(
  name: string,
  from: Scalar,
  to: Scalar,
  entry: 'floatToInteger' | 'floatToNatural' | 'integerToFloat' | 'naturalToFloat' | 'integerToNatural' | 'naturalToInteger',
) {
  const names = { f32: ['floats', 'toFloats'], i32: ['integers', 'toIntegers'], u32: ['naturals', 'toNaturals'] } as const;
  const convert = CONVERSIONS[entry] as (value: number) => number;
  return defineKernel<'x', 'y', { readonly count: number }>({
    name,
    equation: from === 'f32' ? 'y_i = \\operatorname{trunc} x_i' : 'y_i = x_i',
    inputs: ['x'],
    outputs: ['y'],
    types: { x: from, y: to },
    sizes: ({ count }) => ({ x: count, y: count }),
    example: { count: 7 },
    reference({ x }: { x: KernelArray }, { y }: { y: KernelArray }, { count }) {
      for (let i = 0; i < count; i++) y[i] = convert(x[i] as number);
    },
    variants: [
      {
        id: 'naive',
        plan: (p, caps) => ({
          dispatches: [
            dispatch(castShader, entry, p, perItem(p.count, caps), { buffers: { [names[from][0]]: 'x', [names[to][1]]: 'y' } }),
          ],
        }),
      },
    ],
  });
}

export const castF32ToI32 = castKernel('castF32ToI32', 'f32', 'i32', 'floatToInteger');
export const castF32ToU32 = castKernel('castF32ToU32', 'f32', 'u32', 'floatToNatural');
export const castI32ToF32 = castKernel('castI32ToF32', 'i32', 'f32', 'integerToFloat');
export const castU32ToF32 = castKernel('castU32ToF32', 'u32', 'f32', 'naturalToFloat');
export const castI32ToU32 = castKernel('castI32ToU32', 'i32', 'u32', 'integerToNatural');
export const castU32ToI32 = castKernel('castU32ToI32', 'u32', 'i32', 'naturalToInteger');

/** Up to 4 axes; `before` elements are added (or cut, where negative) in front of each axis, and as many behind as `shape` leaves. */
export type PadParams = {
  readonly shapeX: readonly number[];
  readonly shape: readonly number[];
  readonly before: readonly number[];
  readonly value: number;
};

export const pad = defineKernel<'x', 'y', PadParams>({
  name: 'pad',
  equation: 'y_{i} = x_{i - b}\\ \\text{where}\\ 0 \\le i - b < n,\\ \\text{else}\\ c',
  inputs: ['x'],
  outputs: ['y'],
  sizes: ({ shapeX, shape }) => ({ x: product(shapeX), y: product(shape) }),
  example: { shapeX: [2, 3], shape: [4, 5], before: [1, 1], value: 0 },
  reference({ x }, { y }, p) {
    const [n0, n1, n2, n3] = vec4(p.shape, 1);
    const [x0, x1, x2, x3] = vec4(p.shapeX, 1);
    const [b0, b1, b2, b3] = vec4(p.before, 0);
    const within = (position: number, extent: number) => position >= 0 && position < extent;
    let i = 0;
    for (let i0 = -b0; i0 < n0 - b0; i0++) {
      for (let i1 = -b1; i1 < n1 - b1; i1++) {
        for (let i2 = -b2; i2 < n2 - b2; i2++) {
          for (let i3 = -b3; i3 < n3 - b3; i3++) {
            const inside = within(i0, x0) && within(i1, x1) && within(i2, x2) && within(i3, x3);
            y[i++] = inside ? (x[((i0 * x1 + i1) * x2 + i2) * x3 + i3] as number) : p.value;
          }
        }
      }
    }
  },
  variants: [
    {
      id: 'naive',
      plan: (p, caps) => ({
        dispatches: [
          dispatch(
            padShader,
            'naive',
            {
              count: product(p.shape),
              value: p.value,
              shape: vec4(p.shape, 1),
              shapeX: vec4(p.shapeX, 1),
              before: vec4(p.before, 0),
            },
            perItem(product(p.shape), caps),
          ),
        ],
      }),
    },
  ],
});
