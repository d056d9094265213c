/** The kernels of t-SNE (van der Maaten & Hinton, JMLR 9, 2008): affinities, repulsion of all pairs, and one step. */
import naiveShader from '../../shaders/ladders/tsne/1-naive.wgsl';
import slicesShader from '../../shaders/ladders/tsne/2-slices.wgsl';
import tileShader from '../../shaders/ladders/tsne/3-workgroup-tile.wgsl';
import affinityShader from '../../shaders/tsne-affinities.wgsl';
import stepShader from '../../shaders/tsne-step.wgsl';
import { perItem } from './grids.ts';
import { type AdapterCaps, defineKernel, dispatch } from './kernel.ts';

/** N points, D coordinates (a multiple of 4), `rows` rows from `firstRow` on, K neighbours in each. */
export interface AffinityParams {
  readonly N: number;
  readonly D: number;
  readonly firstRow: number;
  readonly rows: number;
  readonly K: number;
  readonly perplexity: number;
}

const AFFINITY_EXAMPLE: AffinityParams = { N: 6, D: 4, firstRow: 2, rows: 3, K: 6, perplexity: 2 };

/** Squared Euclidean distances of a block of rows to all points: distance [rows, N] from x [N, D]. */
export const tsneDistances = defineKernel<'x', 'distance', AffinityParams>({
  name: 'tsneDistances',
  equation: 'd_{ij} = \\lVert x_i - x_j \\rVert^2',
  inputs: ['x'],
  outputs: ['distance'],
  sizes: ({ N, D, rows }) => ({ x: N * D, distance: rows * N }),
  example: AFFINITY_EXAMPLE,
  reference({ x }, { distance }, { N, D, firstRow, rows }) {
    for (let row = 0; row < rows; row++) {
      for (let j = 0; j < N; j++) {
        let sum = 0;
        for (let d = 0; d < D; d++) {
          const e = (x[(firstRow + row) * D + d] as number) - (x[j * D + d] as number);
          sum += e * e;
        }
        distance[row * N + j] = sum;
      }
    }
  },
  variants: [
    {
      id: 'four-columns',
      plan: (p, caps) => ({
        dispatches: [dispatch(affinityShader, 'distances', p, perItem(Math.ceil(p.N / 4) * p.rows, caps, 64))],
      }),
    },
  ],
});

/** p_{j|i} of a block of rows by bisection on β_i = 1/(2σ_i²); `neighbour` holds each entry's point. */
export const tsneSearch = defineKernel<'neighbourDistance' | 'neighbour', 'p' | 'beta', AffinityParams>({
  name: 'tsneSearch',
  equation:
    'p_{j|i} = \\frac{e^{-\\beta_i d_{ij}}}{\\sum_{k \\ne i} e^{-\\beta_i d_{ik}}},\\quad \\ln\\mathrm{Perp}(P_i) = H(P_i)',
  inputs: ['neighbourDistance', 'neighbour'],
  outputs: ['p', 'beta'],
  types: { neighbour: 'u32' },
  sizes: ({ rows, K }) => ({ neighbourDistance: rows * K, neighbour: rows * K, p: rows * K, beta: rows }),
  example: AFFINITY_EXAMPLE,
  reference({ neighbourDistance, neighbour }, { p, beta }, { firstRow, rows, K, perplexity }) {
    const wanted = Math.log(perplexity);
    for (let row = 0; row < rows; row++) {
      const entries: { at: number; d: number }[] = [];
      for (let k = 0; k < K; k++) {
        const at = row * K + k;
        p[at] = 0;
        if (neighbour[at] !== firstRow + row) entries.push({ at, d: neighbourDistance[at] as number });
      }
      const nearest = Math.min(...entries.map(({ d }) => d));
      const total = entries.reduce((sum, { d }) => sum + d, 0);
      let b = entries.length / Math.max(total, 1e-12);
      let low = 0;
      let high = Number.POSITIVE_INFINITY;
      for (let step = 0; step < 100; step++) {
        let z = 0;
        let moment = 0;
        for (const { d } of entries) {
          const e = Math.exp(-b * (d - nearest));
          z += e;
          moment += (d - nearest) * e;
        }
        const difference = Math.log(z) + (b * moment) / z - wanted;
        if (Math.abs(difference) < 1e-5) break;
        if (difference > 0) low = b;
        else high = b;
        b = high === Number.POSITIVE_INFINITY ? 2 * b : (low + high) / 2;
      }
      const z = entries.reduce((sum, { d }) => sum + Math.exp(-b * (d - nearest)), 0);
      for (const { at, d } of entries) p[at] = Math.exp(-b * (d - nearest)) / z;
      beta[row] = b;
    }
  },
  variants: [
    {
      id: 'row-per-invocation',
      plan: (p, caps) => ({ dispatches: [dispatch(affinityShader, 'search', p, perItem(p.rows, caps, 64))] }),
    },
  ],
});

export interface RepulsionParams {
  readonly N: number;
}

/** Enough slices that every core has work, few enough that combining them is nothing. */
function sliceCount(N: number, caps: AdapterCaps): number {
  const invocations = Math.ceil(N / 4);
  return Math.max(1, Math.min(64, Math.ceil((caps.software ? 2048 : 65536) / invocations)));
}

/** force [N, 4] = (Σ w²(y_i − y_j), Σ w, 0) from y [N, 2]: the all-pairs part of the gradient. */
export const tsneRepulsion = defineKernel<'y', 'force', RepulsionParams>({
  name: 'tsneRepulsion',
  equation:
    '\\mathrm{force}_i = \\Big(\\sum_{j \\ne i} w_{ij}^2 (y_i - y_j),\\ \\sum_{j \\ne i} w_{ij}\\Big),\\quad w_{ij} = (1 + \\lVert y_i - y_j \\rVert^2)^{-1}',
  inputs: ['y'],
  outputs: ['force'],
  sizes: ({ N }) => ({ y: 2 * N, force: 4 * N }),
  example: { N: 7 },
  reference({ y }, { force }, { N }) {
    for (let i = 0; i < N; i++) {
      let forceX = 0;
      let forceY = 0;
      let z = 0;
      for (let j = 0; j < N; j++) {
        if (j === i) continue;
        const dx = (y[2 * i] as number) - (y[2 * j] as number);
        const dy = (y[2 * i + 1] as number) - (y[2 * j + 1] as number);
        const w = 1 / (1 + dx * dx + dy * dy);
        forceX += w * w * dx;
        forceY += w * w * dy;
        z += w;
      }
      force.set([forceX, forceY, z, 0], 4 * i);
    }
  },
  variants: [
    {
      id: 'naive',
      plan: ({ N }, caps) => ({ dispatches: [dispatch(naiveShader, 'repulsion', { N, slices: 1 }, perItem(N, caps, 64))] }),
    },
    {
      id: 'slices',
      plan({ N }, caps) {
        const slices = sliceCount(N, caps);
        return {
          dispatches: [
            dispatch(slicesShader, 'slices', { N, slices }, [Math.ceil(N / 256), slices, 1], { buffers: { y2: 'y' } }),
            dispatch(slicesShader, 'combine', { N, slices }, perItem(N, caps, 64)),
          ],
          temporaries: { partials: 16 * slices * N },
        };
      },
    },
    {
      id: 'workgroup-tile',
      applies: (_, caps) => !caps.software,
      plan: ({ N }, caps) => ({ dispatches: [dispatch(tileShader, 'tiled', { N, slices: 1 }, perItem(N, caps))] }),
    },
  ],
});

/** `entries` stored pairs in the sparse symmetric P. */
export interface AttractionParams {
  readonly N: number;
  readonly entries: number;
}

/**
 * gradient [N, 4] = (∂C/∂y_i, Σ_j p ln(p/q), 0). `Z` is the sum of `force` over all points, `hyper` = (exaggeration, rate, momentum).
 */
export const tsneGradient = defineKernel<
  'y' | 'rowStart' | 'neighbour' | 'p' | 'force' | 'Z' | 'hyper',
  'gradient',
  AttractionParams
>({
  name: 'tsneGradient',
  equation:
    '\\frac{\\partial C}{\\partial y_i} = 4\\Big(\\epsilon \\sum_j p_{ij} w_{ij} (y_i - y_j) - \\frac{1}{Z} \\sum_j w_{ij}^2 (y_i - y_j)\\Big)',
  inputs: ['y', 'rowStart', 'neighbour', 'p', 'force', 'Z', 'hyper'],
  outputs: ['gradient'],
  types: { rowStart: 'u32', neighbour: 'u32' },
  sizes: ({ N, entries }) => ({
    y: 2 * N,
    rowStart: N + 1,
    neighbour: entries,
    p: entries,
    force: 4 * N,
    Z: 4,
    hyper: 3,
    gradient: 4 * N,
  }),
  example: { N: 3, entries: 4 },
  reference({ y, rowStart, neighbour, p, force, Z, hyper }, { gradient }, { N }) {
    const z = Z[2] as number;
    const exaggeration = hyper[0] as number;
    for (let i = 0; i < N; i++) {
      let pullX = 0;
      let pullY = 0;
      let divergence = 0;
      for (let e = rowStart[i] as number; e < (rowStart[i + 1] as number); e++) {
        const j = neighbour[e] as number;
        const dx = (y[2 * i] as number) - (y[2 * j] as number);
        const dy = (y[2 * i + 1] as number) - (y[2 * j + 1] as number);
        const w = 1 / (1 + dx * dx + dy * dy);
        const pij = p[e] as number;
        pullX += pij * w * dx;
        pullY += pij * w * dy;
        divergence += pij * Math.log((Math.max(pij, 1e-30) * z) / w);
      }
      gradient[4 * i] = 4 * (exaggeration * pullX - (force[4 * i] as number) / z);
      gradient[4 * i + 1] = 4 * (exaggeration * pullY - (force[4 * i + 1] as number) / z);
      gradient[4 * i + 2] = divergence;
      gradient[4 * i + 3] = 0;
    }
  },
  variants: [
    {
      id: 'row-per-invocation',
      plan: ({ N }, caps) => ({ dispatches: [dispatch(stepShader, 'attraction', { N }, perItem(N, caps, 64))] }),
    },
  ],
});

/** Momentum and per-coordinate gains: position, velocity and gain [N, 2] in place. */
export const tsneUpdate = defineKernel<'slope' | 'hyper', 'position' | 'velocity' | 'gain', RepulsionParams>({
  name: 'tsneUpdate',
  equation: 'v \\leftarrow \\mu v - \\eta\\, \\mathrm{gain} \\odot g,\\quad y \\leftarrow y + v',
  inputs: ['slope', 'hyper'],
  outputs: ['position', 'velocity', 'gain'],
  inPlace: ['position', 'velocity', 'gain'],
  sizes: ({ N }) => ({ slope: 4 * N, hyper: 3, position: 2 * N, velocity: 2 * N, gain: 2 * N }),
  example: { N: 3 },
  reference({ slope, hyper }, { position, velocity, gain }, { N }) {
    for (let i = 0; i < N; i++) {
      for (let d = 0; d < 2; d++) {
        const g = slope[4 * i + d] as number;
        const v = velocity[2 * i + d] as number;
        const differ = Math.sign(g) !== Math.sign(v);
        const own = gain[2 * i + d] as number;
        const k = Math.max(differ ? own + 0.2 : 0.8 * own, 0.01);
        const next = (hyper[2] as number) * v - (hyper[1] as number) * k * g;
        gain[2 * i + d] = k;
        velocity[2 * i + d] = next;
        position[2 * i + d] = (position[2 * i + d] as number) + next;
      }
    }
  },
  variants: [
    {
      id: 'point-per-invocation',
      plan: ({ N }, caps) => ({ dispatches: [dispatch(stepShader, 'update', { N }, perItem(N, caps, 64))] }),
    },
  ],
});

/** Takes the centre (2 numbers) off every position [N, 2]. */
export const tsneRecentre = defineKernel<'centre', 'position', RepulsionParams>({
  name: 'tsneRecentre',
  equation: 'y_i \\leftarrow y_i - \\bar y',
  inputs: ['centre'],
  outputs: ['position'],
  inPlace: ['position'],
  sizes: ({ N }) => ({ centre: 2, position: 2 * N }),
  example: { N: 3 },
  reference({ centre }, { position }, { N }) {
    for (let i = 0; i < N; i++) {
      position[2 * i] = (position[2 * i] as number) - (centre[0] as number);
      position[2 * i + 1] = (position[2 * i + 1] as number) - (centre[1] as number);
    }
  },
  variants: [
    {
      id: 'point-per-invocation',
      plan: ({ N }, caps) => ({ dispatches: [dispatch(stepShader, 'recentre', { N }, perItem(N, caps, 64))] }),
    },
  ],
});
