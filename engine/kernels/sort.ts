/** Sorting many rows at once. */
import shader from '../../shaders/sort-rows.wgsl';
import { perItem } from './grids.ts';
import { defineKernel, dispatch } from './kernel.ts';

/** x is [rows, length], length at least 1. */
export type SortParams = {
  readonly rows: number;
  readonly length: number;
};

/** y[n, ·] = x[n, ·] in rising order, every NaN behind +∞, as Float32Array.sort does it too. */
export const sortRows = defineKernel<'x', 'y', SortParams>({
  name: 'sortRows',
  equation: 'y_{n0} \\le y_{n1} \\le \\dots,\\quad \\{y_{ni}\\}_i = \\{x_{ni}\\}_i',
  inputs: ['x'],
  outputs: ['y'],
  bits: ['x', 'y'],
  sizes: ({ rows, length }) => ({ x: rows * length, y: rows * length }),
  example: { rows: 3, length: 7 },
  reference({ x }, { y }, { rows, length }) {
    for (let n = 0; n < rows; n++) {
      const row = x.slice(n * length, (n + 1) * length).sort();
      for (let i = 0; i < length; i++) y[n * length + i] = row[i] as number;
    }
  },
  variants: [
    { id: 'heap-per-invocation', plan: (p, caps) => ({ dispatches: [dispatch(shader, 'heap', p, perItem(p.rows, caps, 64))] }) },
  ],
});
