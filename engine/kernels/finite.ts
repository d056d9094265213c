/** A count that a training loop watches without reading tensors back: non-finite elements. */
import shader from '../../shaders/finite.wgsl';
import { perItem } from './grids.ts';
import { type AdapterCaps, defineKernel, dispatch, type Plan } from './kernel.ts';

function counting(count: number, caps: AdapterCaps): Plan {
  const slices = Math.max(1, Math.min(caps.software ? 256 : 1024, Math.ceil(count / 64)));
  return {
    dispatches: [
      dispatch(shader, 'nonFinite', { count, slices }, perItem(slices, caps, 64), { buffers: { x4: 'x' } }),
      dispatch(shader, 'total', { count, slices }, [1, 1, 1], { buffers: { counted: 'partials' } }),
    ],
    temporaries: { partials: 4 * slices },
  };
}

/** The exponent bits of a float: all set in an infinity and in a NaN. */
const EXPONENT = 0x7f800000;

/** count = number of elements of x that are infinite or NaN. Reads the floats' bits: a driver may assume that there is no NaN. */
export const countNonFinite = defineKernel<'x', 'count', { readonly count: number }>({
  name: 'countNonFinite',
  equation: 'n = \\sum_i [x_i\\ \\text{is infinite or not a number}]',
  inputs: ['x'],
  outputs: ['count'],
  types: { x: 'u32', count: 'u32' },
  words: ['x'],
  sizes: ({ count }) => ({ x: count, count: 1 }),
  example: { count: 7 },
  reference({ x }, { count }, params) {
    let found = 0;
    for (let i = 0; i < params.count; i++) found += Number(((x[i] as number) & EXPONENT) === EXPONENT);
    count[0] = found;
  },
  variants: [{ id: 'slices', plan: ({ count }, caps) => counting(count, caps) }],
});
