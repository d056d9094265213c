/** Counts that a training loop watches without reading tensors back: non-finite elements, correct predictions. */
import shader from '../../shaders/finite.wgsl';
import { before } from './arg-reduction.ts';
import { perItem } from './grids.ts';
import { type AdapterCaps, defineKernel, dispatch, type Plan } from './kernel.ts';

function counting(
  entry: 'nonFinite' | 'correct',
  items: number,
  params: { count: number; classes: number },
  caps: AdapterCaps,
): Plan {
  const slices = Math.max(1, Math.min(caps.software ? 256 : 1024, Math.ceil(items / 16)));
  return {
    dispatches: [
      dispatch(shader, entry, { ...params, slices }, perItem(slices, caps, 64), { buffers: { x4: 'x' } }),
      dispatch(shader, 'total', { ...params, slices }, [1, 1, 1], { buffers: { counted: 'partials' } }),
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
  variants: [
    { id: 'slices', plan: ({ count }, caps) => counting('nonFinite', Math.ceil(count / 4), { count, classes: 1 }, caps) },
  ],
});

/** count = number of rows of x whose first greatest element is at the label. */
export const countCorrect = defineKernel<'x' | 'labels', 'count', { readonly rows: number; readonly classes: number }>({
  name: 'countCorrect',
  equation: 'n = \\sum_n [\\operatorname{arg\\,max}_k x_{nk} = t_n]',
  inputs: ['x', 'labels'],
  outputs: ['count'],
  types: { labels: 'i32', count: 'u32' },
  sizes: ({ rows, classes }) => ({ x: rows * classes, labels: rows, count: 1 }),
  example: { rows: 3, classes: 5 },
  reference({ x, labels }, { count }, { rows, classes }) {
    let found = 0;
    for (let n = 0; n < rows; n++) {
      let best = 0;
      for (let k = 1; k < classes; k++) {
        if (before(x[n * classes + k] as number, x[n * classes + best] as number, 0)) best = k;
      }
      found += Number(best === labels[n]);
    }
    count[0] = found;
  },
  variants: [{ id: 'slices', plan: ({ rows, classes }, caps) => counting('correct', rows, { count: rows, classes }, caps) }],
});
