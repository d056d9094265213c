/** Matrix products on packed panels, for the CPU device: y = a · b with either factor transposed or not. */
import panelTile from '../../shaders/ladders/matmul/4-register-tile-4x2.wgsl';
import packShader from '../../shaders/pack-panels.wgsl';
import { type Epilogue, epilogueOverrides, NO_EPILOGUE } from './epilogue.ts';
import { PaddedPlan, roundUp, type Split, splitPlan, splitSum, whole } from './gemm-plan.ts';
import { type AdapterCaps, type Dispatch, dispatch, linearGrid, type Plan } from './kernel.ts';

/** Lines of a panel: the columns of a register tile. */
const LINES = 8;
const BYTES = 4;

/** How a factor lies, in elements: the line is a row of a or a column of b, a step goes along the axis that is summed over. */
export interface Lie {
  /** 0: one matrix for the whole batch. */
  readonly batchStride: number;
  readonly lineStride: number;
  readonly step: number;
}

export interface PanelProduct {
  readonly batch: number;
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly a: Lie;
  readonly b: Lie;
}

/** Whether steps of this many elements, `K` of them, meet in few sets of a cache (of 4 KiB a way). */
export const collides = (step: number, K: number): boolean => step % 256 === 0 && K > 64;

/** Elements of `a` that stay in a processor's second-level cache while panel after panel passes: 2 MiB. */
const CACHED = 2 ** 19;
/** Most elements of the partial sums: 32 MiB. */
const MOST_PARTIALS = 2 ** 23;

/** Parts of the sums so short that all rows of `a` stay in the cache; undefined: they do anyway, or the partial sums are too many. */
function fitCache({ M, N, K }: PanelProduct): Split | undefined {
  if (M * K <= CACHED) return undefined;
  const perSplit = Math.max(256, Math.floor(CACHED / M / 4) * 4);
  const splits = Math.ceil(K / perSplit);
  return splits > 1 && M * N * splits <= MOST_PARTIALS ? { splits, perSplit } : undefined;
}

function pack(caps: AdapterCaps, x: string, lie: Lie, lines: number, { batch, K }: PanelProduct, panels: string) {
  const perMatrix = Math.ceil(lines / LINES) * K;
  const count = (lie.batchStride === 0 ? 1 : batch) * perMatrix;
  const step: Dispatch = dispatch(
    packShader,
    'pack',
    { count, lines, K, ...lie },
    linearGrid(count, 64, caps.maxWorkgroupsPerDimension),
    { buffers: { x, panels } },
  );
  return { step, bytes: count * LINES * BYTES, elements: lie.batchStride && perMatrix * LINES };
}

/** Packs b, and a where its steps would meet in few sets of the cache, and multiplies the panels. */
export function panelPlan(p: PanelProduct, epilogue: Epilogue, caps: AdapterCaps): Plan {
  const N = roundUp(p.N, 4);
  const right = pack(caps, 'b', p.b, p.N, p, 'bPanels');
  const left = collides(p.a.step, p.K) ? pack(caps, 'a', p.a, p.M, p, 'aPanels') : undefined;
  const a = left
    ? { aBatchStride: left.elements, aPanelStride: LINES * p.K, aRowStride: 1, aStep: LINES }
    : { aBatchStride: p.a.batchStride, aPanelStride: LINES * p.a.lineStride, aRowStride: p.a.lineStride, aStep: p.a.step };
  const { hasBias } = epilogue;
  const padded = new PaddedPlan(caps);
  if (hasBias) padded.input('bias', { matrices: 1, rows: 1, columns: p.N }, { matrices: 1, rows: 1, columns: N });
  padded.output('y', { matrices: p.batch, rows: p.M, columns: N }, { matrices: p.batch, rows: p.M, columns: p.N });
  const tiles = p.batch * Math.ceil(p.M / 4) * Math.ceil(N / LINES);
  const split = p.batch > 1 ? whole(p.K) : (fitCache(p) ?? splitSum(p.K, tiles, 16, 512));
  const product = splitPlan(caps, split, { count: p.M * N, N, epilogue }, (part, own, y) =>
    dispatch(
      panelTile,
      'tile',
      {
        batch: p.batch,
        M: p.M,
        N,
        K: p.K,
        ...a,
        bBatchStride: right.elements / 4,
        bTileStride: p.K,
        bStep: LINES / 4,
        ...part,
        slope: own.slope,
      },
      linearGrid(tiles * part.splits, 8, caps.maxWorkgroupsPerDimension),
      {
        overrides: epilogueOverrides(own),
        // Where there is no bias, something to bind.
        buffers: { y, b: 'bPanels', ...(left && { a: 'aPanels' }), ...(!hasBias && { bias: 'bPanels' }) },
      },
    ),
  );
  const plan = padded.around(product);
  return {
    dispatches: [right.step, ...(left ? [left.step] : []), ...plan.dispatches],
    temporaries: { ...plan.temporaries, bPanels: right.bytes, ...(left && { aPanels: left.bytes }) },
  };
}

export const plainPanelPlan = (p: PanelProduct, caps: AdapterCaps): Plan => panelPlan(p, NO_EPILOGUE, caps);
