/** From points to the affinities of t-SNE (van der Maaten & Hinton, JMLR 9, 2008, eq. 1 and §3.1). */

import affinityShader from '../../shaders/tsne-affinities.wgsl';
import { exp, log, square } from '../math/index.ts';
import { perItem } from './grids.ts';
import { defineKernel, dispatch } from './kernel.ts';

/**
 * N points of D coordinates (a multiple of 4); `rows` rows from `firstRow` on; `stride` entries in each row, a multiple of 8. In a row
 * of distances a negative entry marks what is no neighbour: the point itself, and what lies behind the last.
 */
export interface AffinityParams {
  readonly N: number;
  readonly D: number;
  readonly firstRow: number;
  readonly rows: number;
  readonly stride: number;
  readonly perplexity: number;
}

const EXAMPLE: AffinityParams = { N: 9, D: 4, firstRow: 2, rows: 7, stride: 16, perplexity: 2 };

/** Squared Euclidean distances of a block of rows to all points: distance [rows, stride] from x [N, D]. */
export const tsneDistances = defineKernel<'x', 'distance', AffinityParams>({
  name: 'tsneDistances',
  equation: 'd_{ij} = \\lVert x_i - x_j \\rVert^2',
  inputs: ['x'],
  outputs: ['distance'],
  sizes: ({ N, D, rows, stride }) => ({ x: N * D, distance: rows * stride }),
  example: EXAMPLE,
  reference({ x }, { distance }, { N, D, firstRow, rows, stride }) {
    distance.fill(-1);
    for (let row = 0; row < rows; row++) {
      const i = firstRow + row;
      for (let j = 0; j < N; j++) {
        if (j === i) continue;
        let sum = 0;
        for (let d = 0; d < D; d++) sum += square((x[i * D + d] as number) - (x[j * D + d] as number));
        distance[row * stride + j] = sum;
      }
    }
  },
  variants: [
    {
      id: 'register-tile-8x8',
      plan: (p, caps) => ({
        dispatches: [dispatch(affinityShader, 'distances', p, perItem((p.stride / 8) * Math.ceil(p.rows / 8), caps, 64))],
      }),
    },
  ],
});

/**
 * p_{j|i} and β_i = 1/(2σ_i²) of a block of rows by bisection. `near` [rows, stride] holds the squared distances of the block, `p`
 * [N, stride] and `beta` [N] get the block's rows.
 */
export const tsneSearch = defineKernel<'near', 'p' | 'beta', AffinityParams>({
  name: 'tsneSearch',
  equation: 'p_{j|i} = \\frac{e^{-\\beta_i d_{ij}}}{\\sum_{k \\ne i} e^{-\\beta_i d_{ik}}},\\quad H(P_i) = \\ln\\mathrm{Perp}',
  inputs: ['near'],
  outputs: ['p', 'beta'],
  inPlace: ['p', 'beta'],
  sizes: ({ N, rows, stride }) => ({ near: rows * stride, p: N * stride, beta: N }),
  example: EXAMPLE,
  reference({ near }, { p, beta }, { firstRow, rows, stride, perplexity }) {
    for (let row = 0; row < rows; row++) {
      const all = near.subarray(row * stride, (row + 1) * stride);
      const entries = Array.from(all).filter((d) => d >= 0);
      const nearest = entries.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
      const mean = entries.reduce((sum, d) => sum + d, 0) / entries.length - nearest;
      const scale = mean > 1e-30 ? 1 / mean : 1;
      let b = 1;
      let low = 0;
      let high = 0;
      let z = 1;
      for (let step = 0; step < 100; step++) {
        z = 0;
        let moment = 0;
        for (const d of entries) {
          const u = (d - nearest) * scale;
          const e = exp(-b * u);
          z += e;
          moment += u * e;
        }
        const difference = log(z) + (b * moment) / z - log(perplexity);
        if (Math.abs(difference) < 1e-5 || b > 1e15) break;
        if (difference > 0) low = b;
        else high = b;
        b = high === 0 ? 2 * b : (low + high) / 2;
      }
      all.forEach((d, k) => {
        p[(firstRow + row) * stride + k] = d >= 0 ? exp(-b * scale * (d - nearest)) / z : 0;
      });
      beta[firstRow + row] = b * scale;
    }
  },
  variants: [
    {
      id: 'row-per-invocation',
      plan: (p, caps) => ({ dispatches: [dispatch(affinityShader, 'search', p, perItem(p.rows, caps, 64))] }),
    },
  ],
});

/** joint [N, stride] from conditional [N, stride] where every point is a neighbour of every other; joint is symmetric. */
export const tsneSymmetrise = defineKernel<'conditional', 'joint', { readonly N: number; readonly stride: number }>({
  name: 'tsneSymmetrise',
  equation: 'p_{ij} = \\frac{p_{j|i} + p_{i|j}}{2N}',
  inputs: ['conditional'],
  outputs: ['joint'],
  sizes: ({ N, stride }) => ({ conditional: N * stride, joint: N * stride }),
  example: { N: 9, stride: 16 },
  reference({ conditional }, { joint }, { N, stride }) {
    joint.fill(0);
    for (let i = 0; i < N; i++) {
      for (let j = 0; j < N; j++) {
        joint[i * stride + j] = ((conditional[i * stride + j] as number) + (conditional[j * stride + i] as number)) / (2 * N);
      }
    }
  },
  variants: [
    {
      id: 'entry-per-invocation',
      plan: ({ N, stride }, caps) => ({
        dispatches: [
          dispatch(
            affinityShader,
            'symmetrise',
            { N, D: 0, firstRow: 0, rows: N, stride, perplexity: 0 },
            perItem(N * stride, caps, 64),
          ),
        ],
      }),
    },
  ],
});
