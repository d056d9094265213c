/**
 * Matrix products with one side transposed, as gradients of a matrix product need them: both read their matrices as they lie;
 * only the rung for the CPU device packs them first.
 */
import naiveNT from '../../shaders/ladders/matmul-nt/1-naive.wgsl';
import tileNT from '../../shaders/ladders/matmul-nt/2-register-tile.wgsl';
import workgroupNT from '../../shaders/ladders/matmul-nt/3-workgroup-tile.wgsl';
import naiveTN from '../../shaders/ladders/matmul-tn/1-naive.wgsl';
import tileTN from '../../shaders/ladders/matmul-tn/2-register-tile.wgsl';
import workgroupTN from '../../shaders/ladders/matmul-tn/3-workgroup-tile.wgsl';
import { plainPanelPlan } from './gemm-panels.ts';
import { PaddedPlan, roundUp, splitPlan, splitProduct } from './gemm-plan.ts';
import { type AdapterCaps, defineKernel, dispatch, linearGrid, type Plan } from './kernel.ts';
import { joinRows, type MatmulSizes, matrices } from './matmul.ts';

const example: MatmulSizes = { batch: 1, M: 5, N: 6, K: 7, aBatchStride: 0, bBatchStride: 0 };

const sizes = (p: MatmulSizes) => ({
  a: matrices(p.batch, p.aBatchStride) * p.M * p.K,
  b: matrices(p.batch, p.bBatchStride) * p.K * p.N,
  y: p.batch * p.M * p.N,
});

function naivePlan(shader: typeof naiveNT | typeof naiveTN, p: MatmulSizes, caps: AdapterCaps): Plan {
  const grid = linearGrid(p.batch * p.M * p.N, 64, caps.maxWorkgroupsPerDimension);
  return { dispatches: [dispatch(shader, 'naive', p, grid)] };
}

type VectorShader = typeof tileNT | typeof workgroupNT | typeof tileTN | typeof workgroupTN;

function tilePlan(shader: VectorShader, p: MatmulSizes, tile: number, tilesPerGroup: number, caps: AdapterCaps): Plan {
  const tiles = p.batch * Math.ceil(p.M / tile) * Math.ceil(p.N / tile);
  return splitPlan(caps, splitProduct(p, tiles, tilesPerGroup, caps), { count: p.M * p.N, N: p.N }, (split, _, y) =>
    dispatch(
      shader,
      'tile',
      { ...p, ...split },
      linearGrid(tiles * split.splits, tilesPerGroup, caps.maxWorkgroupsPerDimension),
      { buffers: { y } },
    ),
  );
}

/**
 * Pads what the vectors of a rung run along: `K` of both matrices for NT, `M` and `N` for TN.
 * @param tile rows and columns of a tile, and tiles of a workgroup
 */
function paddedTilePlan(
  shader: VectorShader,
  form: 'NT' | 'TN',
  tile: { size: number; perGroup: number },
  p: MatmulSizes,
  caps: AdapterCaps,
): Plan {
  const M = form === 'TN' ? roundUp(p.M, 4) : p.M;
  const K = form === 'NT' ? roundUp(p.K, 4) : p.K;
  const N = shader === workgroupNT ? p.N : roundUp(p.N, 4);
  const a = { matrices: matrices(p.batch, p.aBatchStride) };
  const b = { matrices: matrices(p.batch, p.bBatchStride) };
  const y = { matrices: p.batch };
  const lie = (rows: number, columns: number) => (form === 'NT' ? { rows, columns } : { rows: columns, columns: rows });
  const padded = new PaddedPlan(caps);
  padded.input('a', { ...a, ...lie(p.M, p.K) }, { ...a, ...lie(M, K) });
  padded.input('b', { ...b, ...lie(p.N, p.K) }, { ...b, ...lie(N, K) });
  padded.output('y', { ...y, rows: M, columns: N }, { ...y, rows: p.M, columns: p.N });
  const whole = { ...p, M, N, K, aBatchStride: p.aBatchStride && M * K, bBatchStride: p.bBatchStride && N * K };
  return padded.around(tilePlan(shader, whole, tile.size, tile.perGroup, caps));
}

const REGISTER_TILE = { size: 8, perGroup: 64 };
const WORKGROUP_TILE = { size: 64, perGroup: 1 };

/** Smaller products would leave most of a tile idle. */
const suitsWorkgroupTile = (p: MatmulSizes, caps: AdapterCaps): boolean => !caps.software && p.M >= 32 && p.N >= 32;

/** y[z,m,n] = Σ_k a[z,m,k] · b[z,n,k]: the gradient of a product with respect to its left factor. */
export const matmulNT = defineKernel<'a' | 'b', 'y', MatmulSizes>({
  name: 'matmulNT',
  equation: 'y_{mn} = \\sum_{k} a_{mk}\\, b_{nk}',
  inputs: ['a', 'b'],
  outputs: ['y'],
  sizes,
  example,
  reference({ a, b }, { y }, { batch, M, N, K, aBatchStride, bBatchStride }) {
    for (let z = 0; z < batch; z++) {
      for (let m = 0; m < M; m++) {
        for (let n = 0; n < N; n++) {
          let sum = 0;
          for (let k = 0; k < K; k++) {
            sum += (a[z * aBatchStride + m * K + k] as number) * (b[z * bBatchStride + n * K + k] as number);
          }
          y[(z * M + m) * N + n] = sum;
        }
      }
    }
  },
  variants: [
    { id: 'naive', plan: (p, caps) => naivePlan(naiveNT, p, caps) },
    { id: 'register-tile', plan: (p, caps) => paddedTilePlan(tileNT, 'NT', REGISTER_TILE, joinRows(p), caps) },
    {
      id: 'workgroup-tile',
      applies: suitsWorkgroupTile,
      plan: (p, caps) => paddedTilePlan(workgroupNT, 'NT', WORKGROUP_TILE, joinRows(p), caps),
    },
    {
      id: 'packed-panels',
      applies: (p, caps) => caps.kind === 'cpu' && p.M >= 4,
      plan: (given, caps) => {
        const p = joinRows(given);
        const a = { batchStride: p.aBatchStride, lineStride: p.K, step: 1 };
        const b = { batchStride: p.bBatchStride, lineStride: p.K, step: 1 };
        return plainPanelPlan({ ...p, a, b }, caps);
      },
    },
  ],
});

/** y[z,m,n] = Σ_k a[z,k,m] · b[z,k,n]: the gradient of a product with respect to its right factor. */
export const matmulTN = defineKernel<'a' | 'b', 'y', MatmulSizes>({
  name: 'matmulTN',
  equation: 'y_{mn} = \\sum_{k} a_{km}\\, b_{kn}',
  inputs: ['a', 'b'],
  outputs: ['y'],
  sizes,
  example,
  reference({ a, b }, { y }, { batch, M, N, K, aBatchStride, bBatchStride }) {
    for (let z = 0; z < batch; z++) {
      for (let m = 0; m < M; m++) {
        for (let n = 0; n < N; n++) {
          let sum = 0;
          for (let k = 0; k < K; k++) {
            sum += (a[z * aBatchStride + k * M + m] as number) * (b[z * bBatchStride + k * N + n] as number);
          }
          y[(z * M + m) * N + n] = sum;
        }
      }
    }
  },
  variants: [
    { id: 'naive', plan: (p, caps) => naivePlan(naiveTN, p, caps) },
    { id: 'register-tile', plan: (p, caps) => paddedTilePlan(tileTN, 'TN', REGISTER_TILE, p, caps) },
    {
      id: 'workgroup-tile',
      applies: suitsWorkgroupTile,
      plan: (p, caps) => paddedTilePlan(workgroupTN, 'TN', WORKGROUP_TILE, p, caps),
    },
    {
      id: 'packed-panels',
      applies: (p, caps) => caps.kind === 'cpu' && p.M >= 4,
      plan: (p, caps) => {
        const a = { batchStride: p.aBatchStride, lineStride: 1, step: p.M };
        const b = { batchStride: p.bBatchStride, lineStride: 1, step: p.N };
        return plainPanelPlan({ ...p, a, b }, caps);
      },
    },
  ],
});
