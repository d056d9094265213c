/** Where the extremes are: argmax, argmin, and the gradient that flows to the chosen element. */
import shader from '../../shaders/arg-reduction.wgsl';
import { perItem } from './grids.ts';
import { defineKernel, dispatch, type KernelSpec } from './kernel.ts';
import type { ReductionParams } from './reduction.ts';

/** Whether a goes before b. A NaN goes before every number, as in PyTorch and NumPy. */
export function before(a: number, b: number, smallest: 0 | 1): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return !Number.isNaN(b);
  return smallest ? a < b : a > b;
}

function argKernel(name: 'argmax' | 'argmin', SMALLEST: 0 | 1): KernelSpec<'x', 'y', ReductionParams> {
  const overrides = { SMALLEST };
  return defineKernel({
    name,
    equation: `y_{ok} = \\operatorname{arg\\,${SMALLEST ? 'min' : 'max'}}_r x_{ork}\\ \\text{(the first)}`,
    inputs: ['x'],
    outputs: ['y'],
    types: { y: 'i32' },
    sizes: ({ outer, reduce, inner }) => ({ x: outer * reduce * inner, y: outer * inner }),
    example: { outer: 2, reduce: 5, inner: 3 },
    reference({ x }, { y }, { outer, reduce, inner }) {
      for (let o = 0; o < outer; o++) {
        for (let k = 0; k < inner; k++) {
          const at = (r: number) => x[(o * reduce + r) * inner + k] as number;
          let best = 0;
          for (let r = 1; r < reduce; r++) {
            if (before(at(r), at(best), SMALLEST)) best = r;
          }
          y[o * inner + k] = best;
        }
      }
    },
    variants: [
      {
        id: 'naive',
        plan: (p, caps) => ({
          dispatches: [dispatch(shader, 'naive', { ...p, slices: 1 }, perItem(p.outer * p.inner, caps, 64), { overrides })],
        }),
      },
      {
        id: 'slices',
        applies: (p) => p.reduce >= 512 && p.outer * p.inner < 4096,
        plan(p, caps) {
          const slices = Math.min(256, Math.floor(Math.sqrt(p.reduce)));
          const candidates = p.outer * slices * p.inner;
          return {
            dispatches: [
              dispatch(shader, 'slices', { ...p, slices }, perItem(candidates, caps, 64), { overrides }),
              dispatch(shader, 'merge', { ...p, slices }, perItem(p.outer * p.inner, caps, 64), { overrides }),
            ],
            temporaries: { values: 4 * candidates, candidates: 4 * candidates },
          };
        },
      },
    ],
  });
}

export const argmax = argKernel('argmax', 0);
export const argmin = argKernel('argmin', 1);
