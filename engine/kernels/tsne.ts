/** The kernels of one step of t-SNE (van der Maaten & Hinton, JMLR 9, 2008, eq. 2, 4, 5 and §3.4). */

import naiveShader from '../../shaders/ladders/tsne/1-naive.wgsl';
import slicesShader from '../../shaders/ladders/tsne/2-slices.wgsl';
import tileShader from '../../shaders/ladders/tsne/3-workgroup-tile.wgsl';
import denseShader from '../../shaders/tsne-dense.wgsl';
import sparseShader from '../../shaders/tsne-sparse.wgsl';
import updateShader from '../../shaders/tsne-update.wgsl';
import { log } from '../math/index.ts';
import { perItem } from './grids.ts';
import { type AdapterCaps, defineKernel, dispatch, type KernelArray } from './kernel.ts';

export interface PointsParams {
  readonly N: number;
}

/** `entries` stored pairs in the sparse symmetric P. */
export interface SparseParams {
  readonly N: number;
  readonly entries: number;
}

/** P with all pairs: N rows of `stride` entries, a multiple of 8; zeros behind the Nth. */
export interface DenseParams {
  readonly N: number;
  readonly stride: number;
}

/** y_i − y_j and w_ij = 1 / (1 + |y_i − y_j|²). */
function pairOf(y: KernelArray, i: number, j: number): { dx: number; dy: number; w: number } {
  const dx = (y[2 * i] as number) - (y[2 * j] as number);
  const dy = (y[2 * i + 1] as number) - (y[2 * j + 1] as number);
  return { dx, dy, w: 1 / (1 + dx * dx + dy * dy) };
}

function repulsionReference(y: KernelArray, push: KernelArray, N: number): void {
  for (let i = 0; i < N; i++) {
    let pushX = 0;
    let pushY = 0;
    let sum = 0;
    for (let j = 0; j < N; j++) {
      if (j === i) continue;
      const { dx, dy, w } = pairOf(y, i, j);
      pushX += w * w * dx;
      pushY += w * w * dy;
      sum += w;
    }
    push.set([pushX, pushY, sum, 0], 4 * i);
  }
}

/** Enough slices that every core has work, few enough that combining them is nothing. */
function sliceCount(invocations: number, most: number, caps: AdapterCaps): number {
  return Math.max(1, Math.min(64, most, Math.ceil((caps.software ? 1024 : 65536) / invocations)));
}

/** push [N, 4] = (Σ w²(y_i − y_j), Σ w, 0) from y [N, 2]: the all-pairs half of the gradient. */
export const tsneRepulsion = defineKernel<'y', 'push', PointsParams>({
  name: 'tsneRepulsion',
  equation:
    '\\mathrm{push}_i = \\Big(\\sum_{j \\ne i} w_{ij}^2 (y_i - y_j),\\ \\sum_{j \\ne i} w_{ij}\\Big),\\quad w_{ij} = (1 + \\lVert y_i - y_j \\rVert^2)^{-1}',
  inputs: ['y'],
  outputs: ['push'],
  sizes: ({ N }) => ({ y: 2 * N, push: 4 * N }),
  example: { N: 7 },
  reference: ({ y }, { push }, { N }) => repulsionReference(y, push, N),
  variants: [
    {
      id: 'naive',
      plan: ({ N }, caps) => ({ dispatches: [dispatch(naiveShader, 'repulsion', { N, slices: 1 }, perItem(N, caps, 64))] }),
    },
    {
      id: 'slices',
      plan({ N }, caps) {
        const slices = sliceCount(Math.ceil(N / 8), Math.ceil(N / 2), caps);
        return {
          dispatches: [
            dispatch(slicesShader, 'slices', { N, slices }, [Math.ceil(N / 512), slices, 1], { buffers: { y2: 'y' } }),
            dispatch(slicesShader, 'combine', { N, slices }, perItem(N, caps, 64)),
          ],
          temporaries: { partials: 16 * slices * N },
        };
      },
    },
    {
      id: 'workgroup-tile',
      applies: (_, caps) => !caps.software && caps.maxWorkgroupStorageSize >= 2048,
      plan({ N }, caps) {
        const slices = sliceCount(N, Math.ceil(N / 256), caps);
        return {
          dispatches: [
            dispatch(tileShader, 'tiled', { N, slices }, [Math.ceil(N / 256), slices, 1]),
            dispatch(slicesShader, 'combine', { N, slices }, perItem(N, caps, 64)),
          ],
          temporaries: { partials: 16 * slices * N },
        };
      },
    },
  ],
});

/** pull [N, 2] = Σ_j p_ij w_ij (y_i − y_j) over the stored pairs of a sparse P. */
export const tsneAttraction = defineKernel<'y' | 'rowStart' | 'neighbour' | 'p', 'pull', SparseParams>({
  name: 'tsneAttraction',
  equation: '\\mathrm{pull}_i = \\sum_j p_{ij} w_{ij} (y_i - y_j)',
  inputs: ['y', 'rowStart', 'neighbour', 'p'],
  outputs: ['pull'],
  types: { rowStart: 'u32', neighbour: 'u32' },
  sizes: ({ N, entries }) => ({ y: 2 * N, rowStart: N + 1, neighbour: entries, p: entries, pull: 2 * N }),
  example: { N: 3, entries: 4 },
  reference({ y, rowStart, neighbour, p }, { pull }, { N }) {
    pull.fill(0);
    for (let i = 0; i < N; i++) {
      let pullX = 0;
      let pullY = 0;
      for (let e = rowStart[i] as number; e < (rowStart[i + 1] as number); e++) {
        const { dx, dy, w } = pairOf(y, i, neighbour[e] as number);
        pullX += (p[e] as number) * w * dx;
        pullY += (p[e] as number) * w * dy;
      }
      pull.set([pullX, pullY], 2 * i);
    }
  },
  variants: [
    {
      id: 'row-per-invocation',
      plan: ({ N }, caps) => ({ dispatches: [dispatch(sparseShader, 'attraction', { N }, perItem(N, caps, 64))] }),
    },
  ],
});

/** Both forces at once where P [N, stride] is stored whole: pull [N, 2] and push [N, 4] as above. */
export const tsneForces = defineKernel<'y' | 'joint', 'pull' | 'push', DenseParams>({
  name: 'tsneForces',
  equation:
    '\\mathrm{pull}_i = \\sum_j p_{ij} w_{ij} (y_i - y_j),\\quad \\mathrm{push}_i = \\Big(\\sum_{j \\ne i} w_{ij}^2 (y_i - y_j),\\ \\sum_{j \\ne i} w_{ij}\\Big)',
  inputs: ['y', 'joint'],
  outputs: ['pull', 'push'],
  sizes: ({ N, stride }) => ({ y: 2 * N, joint: N * stride, pull: 2 * N, push: 4 * N }),
  example: { N: 9, stride: 16 },
  reference({ y, joint }, { pull, push }, { N, stride }) {
    for (let i = 0; i < N; i++) {
      let pullX = 0;
      let pullY = 0;
      for (let j = 0; j < N; j++) {
        const { dx, dy, w } = pairOf(y, i, j);
        // Row j, not row i: joint is symmetric, and the device reads it this way.
        const p = joint[j * stride + i] as number;
        pullX += p * w * dx;
        pullY += p * w * dy;
      }
      pull.set([pullX, pullY], 2 * i);
    }
    repulsionReference(y, push, N);
  },
  variants: [
    {
      id: 'register-tile-8x2',
      plan({ N, stride }, caps) {
        const slices = sliceCount(Math.ceil(N / 8), Math.ceil(N / 2), caps);
        const params = { N, stride, slices };
        return {
          dispatches: [
            dispatch(denseShader, 'slices', params, [Math.ceil(N / 512), slices, 1], { buffers: { y2: 'y' } }),
            dispatch(denseShader, 'combine', params, perItem(N, caps, 64)),
          ],
          temporaries: { partials: 16 * slices * N, partialZ: 4 * slices * N },
        };
      },
    },
  ],
});

/** kl [N] = Σ_j p_ij ln(p_ij Z / w_ij) over the stored pairs; Z [4] is the sum of `push` over all points. */
export const tsneDivergence = defineKernel<'y' | 'rowStart' | 'neighbour' | 'p' | 'Z', 'kl', SparseParams>({
  name: 'tsneDivergence',
  equation: '\\mathrm{kl}_i = \\sum_j p_{ij} \\ln \\frac{p_{ij}}{q_{ij}},\\quad q_{ij} = \\frac{w_{ij}}{Z}',
  inputs: ['y', 'rowStart', 'neighbour', 'p', 'Z'],
  outputs: ['kl'],
  types: { rowStart: 'u32', neighbour: 'u32' },
  sizes: ({ N, entries }) => ({ y: 2 * N, rowStart: N + 1, neighbour: entries, p: entries, Z: 4, kl: N }),
  example: { N: 3, entries: 4 },
  reference({ y, rowStart, neighbour, p, Z }, { kl }, { N }) {
    for (let i = 0; i < N; i++) {
      let sum = 0;
      for (let e = rowStart[i] as number; e < (rowStart[i + 1] as number); e++) {
        const pij = p[e] as number;
        sum += pij * log((Math.max(pij, 1e-30) * (Z[2] as number)) / pairOf(y, i, neighbour[e] as number).w);
      }
      kl[i] = sum;
    }
  },
  variants: [
    {
      id: 'row-per-invocation',
      plan: ({ N }, caps) => ({ dispatches: [dispatch(sparseShader, 'divergence', { N }, perItem(N, caps, 64))] }),
    },
  ],
});

/** The same where P [N, stride] is stored whole. */
export const tsneDenseDivergence = defineKernel<'y' | 'joint' | 'Z', 'kl', DenseParams>({
  name: 'tsneDenseDivergence',
  equation: '\\mathrm{kl}_i = \\sum_j p_{ij} \\ln \\frac{p_{ij}}{q_{ij}},\\quad q_{ij} = \\frac{w_{ij}}{Z}',
  inputs: ['y', 'joint', 'Z'],
  outputs: ['kl'],
  sizes: ({ N, stride }) => ({ y: 2 * N, joint: N * stride, Z: 4, kl: N }),
  example: { N: 9, stride: 16 },
  reference({ y, joint, Z }, { kl }, { N, stride }) {
    for (let i = 0; i < N; i++) {
      let sum = 0;
      for (let j = 0; j < N; j++) {
        const p = joint[j * stride + i] as number;
        sum += p * log((Math.max(p, 1e-30) * (Z[2] as number)) / pairOf(y, i, j).w);
      }
      kl[i] = sum;
    }
  },
  variants: [
    {
      id: 'row-per-invocation',
      plan: ({ N, stride }, caps) => ({
        dispatches: [dispatch(denseShader, 'divergence', { N, stride, slices: 1 }, perItem(N, caps, 64))],
      }),
    },
  ],
});

/**
 * The gradient [N, 2] from both forces, then momentum and per-coordinate gains: position, velocity and gain [N, 2] in place.
 * `Z` [4] is the sum of `push` over all points, `hyper` = (exaggeration ε, learning rate η, momentum μ).
 */
export const tsneUpdate = defineKernel<
  'pull' | 'push' | 'Z' | 'hyper',
  'position' | 'velocity' | 'gain' | 'gradient',
  PointsParams
>({
  name: 'tsneUpdate',
  equation:
    'g_i = 4\\Big(\\epsilon\\, \\mathrm{pull}_i - \\tfrac{1}{Z}\\, \\mathrm{push}_i\\Big),\\quad v \\leftarrow \\mu v - \\eta\\, \\mathrm{gain} \\odot g,\\quad y \\leftarrow y + v',
  inputs: ['pull', 'push', 'Z', 'hyper'],
  outputs: ['position', 'velocity', 'gain', 'gradient'],
  inPlace: ['position', 'velocity', 'gain'],
  sizes: ({ N }) => ({
    pull: 2 * N,
    push: 4 * N,
    Z: 4,
    hyper: 3,
    position: 2 * N,
    velocity: 2 * N,
    gain: 2 * N,
    gradient: 2 * N,
  }),
  example: { N: 3 },
  reference({ pull, push, Z, hyper }, { position, velocity, gain, gradient }, { N }) {
    const [exaggeration, rate, momentum] = hyper as unknown as [number, number, number];
    for (let c = 0; c < 2 * N; c++) {
      const g = 4 * (exaggeration * (pull[c] as number) - (push[4 * (c >> 1) + (c & 1)] as number) / (Z[2] as number));
      const differ = Math.sign(g) !== Math.sign(velocity[c] as number);
      const k = Math.max(differ ? (gain[c] as number) + 0.2 : 0.8 * (gain[c] as number), 0.01);
      const next = momentum * (velocity[c] as number) - rate * k * g;
      gradient[c] = g;
      gain[c] = k;
      velocity[c] = next;
      position[c] = (position[c] as number) + next;
    }
  },
  variants: [
    {
      id: 'point-per-invocation',
      plan: ({ N }, caps) => ({ dispatches: [dispatch(updateShader, 'update', { N }, perItem(N, caps, 64))] }),
    },
  ],
});

/** Takes the centre (2 numbers) off every position [N, 2]. */
export const tsneRecentre = defineKernel<'centre', 'position', PointsParams>({
  name: 'tsneRecentre',
  equation: 'y_i \\leftarrow y_i - \\bar y',
  inputs: ['centre'],
  outputs: ['position'],
  inPlace: ['position'],
  sizes: ({ N }) => ({ centre: 2, position: 2 * N }),
  example: { N: 3 },
  reference({ centre }, { position }, { N }) {
    for (let c = 0; c < 2 * N; c++) position[c] = (position[c] as number) - (centre[c & 1] as number);
  },
  variants: [
    {
      id: 'point-per-invocation',
      plan: ({ N }, caps) => ({ dispatches: [dispatch(updateShader, 'recentre', { N }, perItem(N, caps, 64))] }),
    },
  ],
});
