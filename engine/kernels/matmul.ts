/** Matrix products y = a · b in batches, with bias and activation in the tail. */
import { withConstants } from '../../shaders/build/constants.ts';
import naive from '../../shaders/ladders/matmul/1-naive.wgsl';
import registerTile from '../../shaders/ladders/matmul/2-register-tile.wgsl';
import workgroupTile from '../../shaders/ladders/matmul/3-workgroup-tile.wgsl';
import tile4x2 from '../../shaders/ladders/matmul/4-register-tile-4x2.wgsl';
import { type Epilogue, epilogueOverrides, NO_BIAS_SIZE, NO_EPILOGUE, phi } from './epilogue.ts';
import { collides, panelPlan } from './gemm-panels.ts';
import { PaddedPlan, roundUp, splitPlan, splitProduct, splitSum, whole } from './gemm-plan.ts';
import { type AdapterCaps, defineKernel, dispatch, linearGrid, type Plan } from './kernel.ts';

export interface MatmulSizes {
  /** Products in the batch. */
  readonly batch: number;
  /** Rows of y. */
  readonly M: number;
  /** Columns of y. */
  readonly N: number;
  /** Length of each sum. */
  readonly K: number;
  /** Elements from one matrix of `a` to the next: its size, or 0 to use the first for the whole batch. */
  readonly aBatchStride: number;
  /** The same for `b`. */
  readonly bBatchStride: number;
}

export type MatmulParams = MatmulSizes & Epilogue;

export const matrices = (batch: number, stride: number): number => (stride === 0 ? 1 : batch);

/** Where every matrix of `a` meets the same `b`, the batch is one tall matrix: no tile ends at a matrix's last row. */
export function joinRows<P extends MatmulSizes>(p: P): P {
  const joins = p.batch > 1 && p.bBatchStride === 0 && p.aBatchStride === p.M * p.K;
  return joins ? { ...p, batch: 1, M: p.batch * p.M, aBatchStride: 0 } : p;
}

/** The tile of an invocation: nothing is shared between rows where there are few; a software adapter runs out of registers with 8. */
function registerTileOf({ M }: MatmulSizes, { software }: AdapterCaps): { ROWS: number; COLUMNS: number } {
  return M < 4 ? { ROWS: 1, COLUMNS: 1 } : { ROWS: software ? 6 : 8, COLUMNS: 2 };
}

/** A rung that reads whole vectors of a, b and y; other shapes are padded with zeros first. */
function vectorPlan(kind: 'register' | 'workgroup') {
  return (given: MatmulParams, caps: AdapterCaps): Plan => {
    const p = joinRows(given);
    const N = roundUp(p.N, 4);
    const K = roundUp(p.K, 4);
    const a = { matrices: matrices(p.batch, p.aBatchStride), rows: p.M };
    const b = { matrices: matrices(p.batch, p.bBatchStride) };
    const one = { matrices: 1, rows: 1 };
    const y = { matrices: p.batch, rows: p.M };
    const padded = new PaddedPlan(caps);
    padded.input('a', { ...a, columns: p.K }, { ...a, columns: K });
    padded.input('b', { ...b, rows: p.K, columns: p.N }, { ...b, rows: K, columns: N });
    if (p.hasBias) padded.input('bias', { ...one, columns: p.N }, { ...one, columns: N });
    padded.output('y', { ...y, columns: N }, { ...y, columns: p.N });
    const sizes = { ...p, N, K, aBatchStride: p.aBatchStride && p.M * K, bBatchStride: p.bBatchStride && K * N };
    if (kind === 'workgroup') return padded.around(tilePlan(workgroupTile, sizes, 64, 64, 1, caps));
    const tile = registerTileOf(p, caps);
    return padded.around(tilePlan(withConstants(registerTile, tile), sizes, tile.ROWS, 4 * tile.COLUMNS, 64, caps));
  };
}

/** The rung for the CPU device: whole vectors of columns only, and sums split only where there are very few tiles. */
function processorPlan(given: MatmulParams, caps: AdapterCaps): Plan {
  const p = joinRows(given);
  const N = roundUp(p.N, 4);
  const b = { matrices: matrices(p.batch, p.bBatchStride), rows: p.K };
  const y = { matrices: p.batch, rows: p.M };
  const padded = new PaddedPlan(caps);
  padded.input('b', { ...b, columns: p.N }, { ...b, columns: N });
  if (p.hasBias) padded.input('bias', { matrices: 1, rows: 1, columns: p.N }, { matrices: 1, rows: 1, columns: N });
  padded.output('y', { ...y, columns: N }, { ...y, columns: p.N });
  const aLie = { aBatchStride: p.aBatchStride, aPanelStride: 8 * p.K, aRowStride: p.K, aStep: 1 };
  const bLie = { bBatchStride: p.bBatchStride && (p.K * N) / 4, bTileStride: 1, bStep: N / 4 };
  const params = { batch: p.batch, M: p.M, N, K: p.K, ...aLie, ...bLie };
  const tiles = p.batch * Math.ceil(p.M / 4) * Math.ceil(N / 8);
  const split = p.batch > 1 ? whole(p.K) : splitSum(p.K, tiles, 16, 512);
  return padded.around(
    splitPlan(caps, split, { count: p.M * N, N, epilogue: p }, (part, own, out) =>
      dispatch(
        tile4x2,
        'tile',
        { ...params, ...part, slope: own.slope },
        linearGrid(tiles * part.splits, 8, caps.maxWorkgroupsPerDimension),
        { overrides: epilogueOverrides(own), buffers: { y: out } },
      ),
    ),
  );
}

function tilePlan(
  shader: typeof registerTile | typeof workgroupTile,
  p: MatmulParams,
  rows: number,
  columns: number,
  tilesPerGroup: number,
  caps: AdapterCaps,
): Plan {
  const { hasBias, activation, ...params } = p;
  const tiles = p.batch * Math.ceil(p.M / rows) * Math.ceil(p.N / columns);
  return splitPlan(
    caps,
    splitProduct(p, tiles, tilesPerGroup, caps),
    { count: p.M * p.N, N: p.N, epilogue: p },
    (split, epilogue, y) =>
      dispatch(
        shader,
        'tile',
        { ...params, ...split },
        linearGrid(tiles * split.splits, tilesPerGroup, caps.maxWorkgroupsPerDimension),
        { overrides: epilogueOverrides(epilogue), buffers: { y } },
      ),
  );
}

/** y[z,m,n] = phi(Σ_k a[z,m,k] · b[z,k,n] + bias[n]) */
export const matmul = defineKernel<'a' | 'b' | 'bias', 'y', MatmulParams>({
  name: 'matmul',
  equation: 'y_{mn} = \\varphi\\Big(\\sum_{k} a_{mk}\\, b_{kn} + \\mathrm{bias}_n\\Big)',
  inputs: ['a', 'b', 'bias'],
  outputs: ['y'],
  sizes: (p) => ({
    a: matrices(p.batch, p.aBatchStride) * p.M * p.K,
    b: matrices(p.batch, p.bBatchStride) * p.K * p.N,
    bias: p.hasBias ? p.N : NO_BIAS_SIZE,
    y: p.batch * p.M * p.N,
  }),
  example: { batch: 1, M: 5, N: 6, K: 7, aBatchStride: 0, bBatchStride: 0, ...NO_EPILOGUE },
  reference({ a, b, bias }, { y }, p) {
    const { batch, M, N, K } = p;
    for (let z = 0; z < batch; z++) {
      for (let m = 0; m < M; m++) {
        for (let n = 0; n < N; n++) {
          let sum = 0;
          for (let k = 0; k < K; k++) {
            sum += (a[z * p.aBatchStride + m * K + k] as number) * (b[z * p.bBatchStride + k * N + n] as number);
          }
          y[(z * M + m) * N + n] = phi(p.hasBias ? sum + (bias[n] as number) : sum, p);
        }
      }
    }
  },
  variants: [
    {
      id: 'naive',
      plan: ({ hasBias, activation, ...params }, caps) => ({
        dispatches: [
          dispatch(naive, 'naive', params, linearGrid(params.batch * params.M * params.N, 64, caps.maxWorkgroupsPerDimension), {
            overrides: epilogueOverrides({ hasBias, activation, slope: params.slope }),
          }),
        ],
      }),
    },
    { id: 'register-tile', plan: vectorPlan('register') },
    {
      id: 'workgroup-tile',
      // Smaller products would leave most of a tile idle.
      applies: (p, caps) => !caps.software && p.M >= 32 && p.N >= 32,
      plan: vectorPlan('workgroup'),
    },
    { id: 'register-tile-4x2', applies: (_, caps) => caps.kind === 'cpu', plan: processorPlan },
    {
      id: 'packed-panels',
      // Packing takes as long as a product with about 16 rows.
      applies: (p, caps) => caps.kind === 'cpu' && p.M >= 64 && collides(p.N, p.K),
      plan: (given, caps) => {
        const p = joinRows(given);
        const a = { batchStride: p.aBatchStride, lineStride: p.K, step: 1 };
        const b = { batchStride: p.bBatchStride, lineStride: 1, step: p.N };
        return panelPlan({ ...p, a, b }, p, caps);
      },
    },
  ],
});
