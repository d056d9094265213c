/** Gradient of a convolution with respect to its weights, and with it that of its bias. */
import naive from '../../shaders/ladders/conv2d-weight-gradient/1-naive.wgsl';
import registerTile from '../../shaders/ladders/conv2d-weight-gradient/2-register-tile-8x8.wgsl';
import quadSwap from '../../shaders/ladders/conv2d-weight-gradient/3-quad-swap.wgsl';
import quadSwapWide from '../../shaders/ladders/conv2d-weight-gradient/4-quad-swap-wide.wgsl';
import workgroupTile from '../../shaders/ladders/conv2d-weight-gradient/5-workgroup-tile.wgsl';
import rowTile from '../../shaders/ladders/conv2d-weight-gradient/7-row-tile-4x2.wgsl';
import { depthwiseWeightGradient } from './conv2d-depthwise.ts';
import { CONV2D_EXAMPLE, type Conv2dPart, type Conv2dSizes, conv2dElements, onlyInput, readsOutside } from './conv2d-sizes.ts';
import { vectorChannels, vectorsFit } from './conv2d-vectors.ts';
import { NO_BIAS_SIZE } from './epilogue.ts';
import { hasQuadSubgroups, prefersWideTiles, splitSum, sumPartials } from './gemm-plan.ts';
import { type AdapterCaps, type Dispatch, defineKernel, dispatch, linearGrid, type Plan, type Variant } from './kernel.ts';

export type Conv2dWeightGradientParams = Conv2dSizes & {
  /** 1: `gbias` is computed as well, in the same pass. 0: `gbias` is not written, and its buffer may be any four floats. */
  readonly hasBias: number;
};

/** One of the inputs that share a convolution: which rows of `gw` are its, and its name among the kernel's buffers. */
export interface WeightGradientInput extends Conv2dPart {
  readonly x: string;
  /** Its channels. */
  readonly Ci: number;
}

/** How the sum over the pixels is cut, and the tiles of one part. */
interface Work {
  /** Rows of gw (u,v,c) and of gbias that a tile has, and its columns o. */
  readonly rows: number;
  readonly columns: number;
  /** Tiles of a workgroup. */
  readonly perGroup: number;
  /** Tiles that keep the adapter busy. */
  enough(caps: AdapterCaps): number;
}

type WeightGradientPlan = (p: Conv2dWeightGradientParams, caps: AdapterCaps, inputs: readonly WeightGradientInput[]) => Plan;

/** A way to compute a weight gradient: one dispatch for each input, then those that add their partial matrices. */
export interface WeightGradientRung {
  readonly id: string;
  /** Which channels must come in whole vectors of 4 (they can be padded with zeros): those of gy, or those of x too. */
  readonly vectors: 'none' | 'out' | 'both';
  /** @param p sizes, with the channels of all inputs together */
  readonly plan: WeightGradientPlan;
  applies(p: Conv2dSizes, caps: AdapterCaps): boolean;
}

/** A rung whose invocations take parts of the pixels, counted over n,y,x. */
interface PixelRung {
  /** Rows that gbias takes: one vector where channels are read in vectors of 4 (they can be padded with zeros). */
  readonly biasRows: 1 | 4;
  readonly work: Work;
  readonly shader: typeof quadSwap | typeof quadSwapWide | typeof registerTile | typeof workgroupTile;
  entry(p: Conv2dSizes): 'pairs' | 'single' | 'tile';
}

/** Every input's rows of the partial matrices, and their sum. */
function pixelPlan(
  { shader, biasRows, work, entry }: PixelRung,
  p: Conv2dWeightGradientParams,
  caps: AdapterCaps,
  inputs: readonly WeightGradientInput[],
): Plan {
  const { hasBias, ...params } = p;
  const pixels = p.N * p.Ho * p.Wo;
  const gwRows = p.kh * p.kw * (p.Ci / p.groups);
  const rowsPerSplit = gwRows + biasRows * hasBias;
  const columnTiles = p.groups * Math.ceil(p.Co / p.groups / work.columns);
  // The bias is the last input's.
  const tilesOf = ({ Ci }: WeightGradientInput, withBias: number) =>
    columnTiles * Math.ceil((p.kh * p.kw * (Ci / p.groups) + biasRows * withBias) / work.rows);
  const biasOf = (i: number) => (i === inputs.length - 1 ? hasBias : 0);
  const fewest = Math.min(...inputs.map((input, i) => tilesOf(input, biasOf(i))));
  const { splits, perSplit } = splitSum(pixels, fewest, work.enough(caps), 64);
  const parts = splits > 1 || hasBias === 1;
  const dispatches = inputs.map((input, i) => {
    const { x, Ci, wChannels, wFirst, doubled } = input;
    const range = { Ci, wChannels, wFirst, splits, pixelsPerSplit: perSplit, rowsPerSplit };
    const grid = linearGrid(tilesOf(input, biasOf(i)) * splits, work.perGroup, caps.maxWorkgroupsPerDimension);
    // The rungs take the same parameters; only the names of their entry points differ.
    return dispatch(shader as typeof quadSwap, entry(p) as 'pairs', { ...params, ...range }, grid, {
      overrides: { HAS_BIAS: biasOf(i), PADDED: Number(readsOutside(p)), DOUBLED: doubled },
      buffers: parts ? { x, gw: 'partials' } : { x },
    });
  });
  return parts ? withSums(p, caps, dispatches, { splits, gwRows, rowsPerSplit }) : { dispatches };
}

interface Partials {
  readonly splits: number;
  /** Rows of gw in a partial matrix; behind them those of gbias. */
  readonly gwRows: number;
  readonly rowsPerSplit: number;
}

/** Adds the partial matrices that `dispatches` have written. */
function withSums(
  p: Conv2dWeightGradientParams,
  caps: AdapterCaps,
  dispatches: readonly Dispatch[],
  { splits, gwRows, rowsPerSplit }: Partials,
): Plan {
  const stride = rowsPerSplit * p.Co;
  const sum = { splits, stride, N: p.Co };
  const sums = [sumPartials(caps, { ...sum, count: gwRows * p.Co, offset: 0 }, 'gw')];
  if (p.hasBias) sums.push(sumPartials(caps, { ...sum, count: p.Co, offset: gwRows * p.Co }, 'gbias'));
  return { dispatches: [...dispatches, ...sums], temporaries: { partials: 4 * splits * stride } };
}

/** Bytes of x and gy in a split, which stay in a second-level cache, and of the cache lines of a block, which stay in the first. */
const SPLIT_BYTES = 2 ** 18;
const BLOCK_BYTES = 2 ** 14;

/** For the CPU device: splits of whole lines, cut so that their part of x and gy stays in the processor's caches. */
const linePlan: WeightGradientPlan = (p, caps, inputs) => {
  const { hasBias, ...params } = p;
  const lines = p.N * p.Ho;
  const lineBytes = 4 * (p.Wo * p.Co + p.W * p.strideY * p.Ci);
  const fewest = Math.ceil(256 / p.Wo);
  const linesPerSplit = Math.min(lines, Math.max(fewest, Math.floor(SPLIT_BYTES / lineBytes)));
  const splits = Math.ceil(lines / linesPerSplit);
  const block = Math.max(1, Math.floor(BLOCK_BYTES / (128 * p.Wo)));
  const gwRows = p.kh * p.kw * (p.Ci / p.groups);
  const rowsPerSplit = gwRows + hasBias;
  const columnTiles = p.groups * Math.ceil(p.Co / p.groups / 8);
  const parts = splits > 1 || hasBias === 1;
  const split = { splits, linesPerSplit, block, rowsPerSplit };
  const dispatches = inputs.map(({ x, Ci, wChannels, wFirst, doubled }) => {
    const tiles = splits * columnTiles * Math.ceil((p.kw * Ci) / p.groups / 4);
    return dispatch(
      rowTile,
      'tile',
      { ...params, Ci, wChannels, wFirst, ...split },
      linearGrid(tiles, 1, caps.maxWorkgroupsPerDimension),
      { overrides: { DOUBLED: doubled }, buffers: parts ? { x, gw: 'partials' } : { x } },
    );
  });
  if (hasBias) {
    const grid = linearGrid((splits * p.Co) / 4, 8, caps.maxWorkgroupsPerDimension);
    const range = { wChannels: p.Ci / p.groups, wFirst: 0 };
    dispatches.push(dispatch(rowTile, 'bias', { ...params, ...range, ...split }, grid, { buffers: { gw: 'partials' } }));
  }
  return parts ? withSums(p, caps, dispatches, { splits, gwRows, rowsPerSplit }) : { dispatches };
};

const inPairs = (p: Conv2dSizes) => (p.Wo % 2 === 0 ? 'pairs' : 'single');

const pixelRung =
  (rung: PixelRung): WeightGradientPlan =>
  (...args) =>
    pixelPlan(rung, ...args);

/** The rungs above the naive one. */
export const WEIGHT_GRADIENT_RUNGS: readonly WeightGradientRung[] = [
  {
    id: 'register-tile-8x8',
    vectors: 'both',
    applies: vectorsFit,
    plan: pixelRung({
      shader: registerTile,
      biasRows: 4,
      work: { rows: 8, columns: 8, perGroup: 64, enough: (caps) => (caps.software ? 512 : 264 * 64) },
      entry: () => 'tile',
    }),
  },
  {
    id: 'quad-swap',
    vectors: 'none',
    applies: (_, caps) => hasQuadSubgroups(caps),
    plan: pixelRung({
      shader: quadSwap,
      biasRows: 1,
      work: { rows: 16, columns: 16, perGroup: 4, enough: () => 128 },
      entry: inPairs,
    }),
  },
  {
    id: 'quad-swap-wide',
    vectors: 'none',
    applies: (p, caps) => hasQuadSubgroups(caps) && prefersWideTiles(p.Co / p.groups),
    plan: pixelRung({
      shader: quadSwapWide,
      biasRows: 1,
      work: { rows: 16, columns: 24, perGroup: 4, enough: () => 128 },
      entry: inPairs,
    }),
  },
  {
    id: 'workgroup-tile',
    vectors: 'both',
    // Fewer rows or columns would leave half of each tile idle.
    applies: (p, caps) => !caps.software && vectorsFit(p) && p.Co / p.groups >= 32 && (p.kh * p.kw * p.Ci) / p.groups >= 32,
    plan: pixelRung({
      shader: workgroupTile,
      biasRows: 4,
      work: { rows: 64, columns: 64, perGroup: 1, enough: () => 264 },
      entry: () => 'tile',
    }),
  },
  {
    id: 'row-tile-4x2',
    vectors: 'out',
    applies: (p, caps) => caps.kind === 'cpu' && (p.groups === 1 || (p.Co / p.groups) % 4 === 0),
    plan: linePlan,
  },
];

function rungVariant(rung: WeightGradientRung): Variant<Conv2dWeightGradientParams> {
  return {
    id: rung.id,
    applies: rung.applies,
    plan(p, caps) {
      const one = (q: Conv2dWeightGradientParams) => rung.plan(q, caps, [{ x: 'x', Ci: q.Ci, ...onlyInput(q) }]);
      const roles = { x: 'x', y: 'gy', w: 'gw', ...(p.hasBias ? { bias: ['gbias', 'Co'] as const } : {}) };
      return rung.vectors === 'none' ? one(p) : vectorChannels(p, caps, roles, ['gw', 'gbias'], one, rung.vectors);
    },
  };
}

/** gw[u,v,c,o] = Σ_{n,y,x} x[n, y·stride + u·dilation − pad, x·stride + v·dilation − pad, c] · gy[n,y,x,o];  gbias[o] = Σ gy[n,y,x,o] */
export const conv2dWeightGradient = defineKernel<'x' | 'gy', 'gw' | 'gbias', Conv2dWeightGradientParams>({
  name: 'conv2dWeightGradient',
  equation:
    'g_{w,uvco} = \\sum_{n,y,x} x_{n,\\,sy+du-p,\\,sx+dv-p,\\,c}\\; g_{y,nyxo},\\qquad g_{\\mathrm{bias},o} = \\sum_{n,y,x} g_{y,nyxo}',
  inputs: ['x', 'gy'],
  outputs: ['gw', 'gbias'],
  // Left as it is without a bias.
  inPlace: ['gbias'],
  sizes(p) {
    const { x, y, w } = conv2dElements(p);
    return { x, gy: y, gw: w, gbias: p.hasBias ? p.Co : NO_BIAS_SIZE };
  },
  example: { ...CONV2D_EXAMPLE, hasBias: 1 },
  reference({ x, gy }, { gw, gbias }, p) {
    const channels = p.Ci / p.groups;
    let i = 0;
    for (let u = 0; u < p.kh; u++) {
      for (let v = 0; v < p.kw; v++) {
        for (let c = 0; c < channels; c++) {
          for (let o = 0; o < p.Co; o++) {
            const channel = Math.floor(o / (p.Co / p.groups)) * channels + c;
            let sum = 0;
            for (let n = 0; n < p.N; n++) {
              for (let yo = 0; yo < p.Ho; yo++) {
                const yi = yo * p.strideY + u * p.dilationY - p.padTop;
                if (yi < 0 || yi >= p.H) continue;
                for (let xo = 0; xo < p.Wo; xo++) {
                  const xi = xo * p.strideX + v * p.dilationX - p.padLeft;
                  if (xi < 0 || xi >= p.W) continue;
                  sum +=
                    (x[((n * p.H + yi) * p.W + xi) * p.Ci + channel] as number) *
                    (gy[((n * p.Ho + yo) * p.Wo + xo) * p.Co + o] as number);
                }
              }
            }
            gw[i++] = sum;
          }
        }
      }
    }
    if (!p.hasBias) return;
    for (let o = 0; o < p.Co; o++) {
      let sum = 0;
      for (let pixel = 0; pixel < p.N * p.Ho * p.Wo; pixel++) sum += gy[pixel * p.Co + o] as number;
      gbias[o] = sum;
    }
  },
  variants: [
    {
      id: 'naive',
      plan({ hasBias, ...params }, caps) {
        const grid = (count: number) => linearGrid(count, 64, caps.maxWorkgroupsPerDimension);
        const dispatches = [dispatch(naive, 'naive', params, grid(conv2dElements(params).w))];
        if (hasBias) dispatches.push(dispatch(naive, 'naiveBias', params, grid(params.Co)));
        return { dispatches };
      },
    },
    ...WEIGHT_GRADIENT_RUNGS.map(rungVariant),
    depthwiseWeightGradient,
  ],
});
