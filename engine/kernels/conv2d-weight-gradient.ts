/** Gradient of a convolution with respect to its weights, and with it that of its bias. */
import naive from '../../shaders/ladders/conv2d-weight-gradient/1-naive.wgsl';
import registerTile from '../../shaders/ladders/conv2d-weight-gradient/2-register-tile.wgsl';
import workgroupTile from '../../shaders/ladders/conv2d-weight-gradient/3-workgroup-tile.wgsl';
import rowTile from '../../shaders/ladders/conv2d-weight-gradient/4-row-tile-4x2.wgsl';
import { depthwiseWeightGradient } from './conv2d-depthwise.ts';
import { CONV2D_EXAMPLE, type Conv2dSizes, conv2dElements, readsOutside } from './conv2d-sizes.ts';
import { vectorChannels, vectorsFit } from './conv2d-vectors.ts';
import { NO_BIAS_SIZE } from './epilogue.ts';
import { splitSum, sumPartials } from './gemm-plan.ts';
import { type AdapterCaps, type Dispatch, defineKernel, dispatch, linearGrid, type Plan, type Variant } from './kernel.ts';

export type Conv2dWeightGradientParams = Conv2dSizes & {
  /** 1: `gbias` is computed as well, in the same pass. 0: `gbias` is not written, and its buffer may be any four floats. */
  readonly hasBias: number;
};

type Make = (p: Conv2dWeightGradientParams, caps: AdapterCaps) => Plan;

/** Channels padded to whole vectors of 4: those of gy, or those of x too. */
const padded =
  (channels: 'both' | 'out', one: Make): Variant<Conv2dWeightGradientParams>['plan'] =>
  (p, caps) => {
    const roles = { x: 'x', y: 'gy', w: 'gw', ...(p.hasBias ? { bias: ['gbias', 'Co'] as const } : {}) };
    return vectorChannels(p, caps, roles, ['gw', 'gbias'], (q) => one(q, caps), channels);
  };

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

/** A rung whose invocations take parts of the pixels, counted over n,y,x. gbias takes one vector of 4 rows. */
const pixelPlan =
  (shader: typeof registerTile | typeof workgroupTile, work: Work): Make =>
  (p, caps) => {
    const { hasBias, ...params } = p;
    const gwRows = p.kh * p.kw * (p.Ci / p.groups);
    const rowsPerSplit = gwRows + 4 * hasBias;
    const tiles = p.groups * Math.ceil(p.Co / p.groups / work.columns) * Math.ceil(rowsPerSplit / work.rows);
    const { splits, perSplit } = splitSum(p.N * p.Ho * p.Wo, tiles, work.enough(caps), 64);
    const grid = linearGrid(tiles * splits, work.perGroup, caps.maxWorkgroupsPerDimension);
    const overrides = { HAS_BIAS: hasBias, PADDED: Number(readsOutside(p)) };
    const split = { splits, pixelsPerSplit: perSplit, rowsPerSplit };
    return withSums(p, caps, { splits, gwRows, rowsPerSplit }, (buffers) => [
      dispatch(shader, 'tile', { ...params, ...split }, grid, { overrides, buffers }),
    ]);
  };

interface Partials {
  readonly splits: number;
  /** Rows of gw in a partial matrix; behind them those of gbias. */
  readonly gwRows: number;
  readonly rowsPerSplit: number;
}

/** The dispatches that write partial matrices, and those that add these; or the one that writes gw where there is nothing to add. */
function withSums(
  p: Conv2dWeightGradientParams,
  caps: AdapterCaps,
  { splits, gwRows, rowsPerSplit }: Partials,
  write: (buffers: Record<string, string>) => readonly Dispatch[],
): Plan {
  if (splits === 1 && p.hasBias === 0) return { dispatches: write({}) };
  const stride = rowsPerSplit * p.Co;
  const sum = { splits, stride, N: p.Co };
  const sums = [sumPartials(caps, { ...sum, count: gwRows * p.Co, offset: 0 }, 'gw')];
  if (p.hasBias) sums.push(sumPartials(caps, { ...sum, count: p.Co, offset: gwRows * p.Co }, 'gbias'));
  return { dispatches: [...write({ gw: 'partials' }), ...sums], temporaries: { partials: 4 * splits * stride } };
}

/** Bytes of x and gy in a split, which stay in a second-level cache, and of the cache lines of a block, which stay in the first. */
const SPLIT_BYTES = 2 ** 18;
const BLOCK_BYTES = 2 ** 14;

/** For the CPU device: splits of whole lines, cut so that their part of x and gy stays in the processor's caches. */
const linePlan: Make = (p, caps) => {
  const { hasBias, ...sizes } = p;
  const lines = p.N * p.Ho;
  const lineBytes = 4 * (p.Wo * p.Co + p.W * p.strideY * p.Ci);
  const fewest = Math.ceil(256 / p.Wo);
  const linesPerSplit = Math.min(lines, Math.max(fewest, Math.floor(SPLIT_BYTES / lineBytes)));
  const splits = Math.ceil(lines / linesPerSplit);
  const block = Math.max(1, Math.floor(BLOCK_BYTES / (128 * p.Wo)));
  const gwRows = p.kh * p.kw * (p.Ci / p.groups);
  const rowsPerSplit = gwRows + hasBias;
  const params = { ...sizes, splits, linesPerSplit, block, rowsPerSplit };
  const tiles = splits * p.groups * Math.ceil(p.Co / p.groups / 8) * Math.ceil((p.kw * p.Ci) / p.groups / 4);
  const grid = (count: number, size: number) => linearGrid(count, size, caps.maxWorkgroupsPerDimension);
  return withSums(p, caps, { splits, gwRows, rowsPerSplit }, (buffers) => [
    dispatch(rowTile, 'tile', params, grid(tiles, 1), { buffers }),
    ...(hasBias ? [dispatch(rowTile, 'bias', params, grid((splits * p.Co) / 4, 8), { buffers })] : []),
  ]);
};

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
    {
      id: 'register-tile',
      applies: vectorsFit,
      plan: padded(
        'both',
        pixelPlan(registerTile, { rows: 8, columns: 8, perGroup: 64, enough: (caps) => (caps.software ? 512 : 264 * 64) }),
      ),
    },
    {
      id: 'workgroup-tile',
      // Fewer rows or columns would leave half of each tile idle.
      applies: (p, caps) => !caps.software && vectorsFit(p) && p.Co / p.groups >= 32 && (p.kh * p.kw * p.Ci) / p.groups >= 32,
      plan: padded('both', pixelPlan(workgroupTile, { rows: 64, columns: 64, perGroup: 1, enough: () => 264 })),
    },
    {
      id: 'row-tile-4x2',
      applies: (p, caps) => caps.kind === 'cpu' && (p.groups === 1 || (p.Co / p.groups) % 4 === 0),
      plan: padded('out', linePlan),
    },
    depthwiseWeightGradient,
  ],
});
