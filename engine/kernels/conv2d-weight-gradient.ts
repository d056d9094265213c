/** Gradient of a convolution with respect to its weights, and with it that of its bias. */
import naive from '../../shaders/ladders/conv2d-weight-gradient/1-naive.wgsl';
import registerTile from '../../shaders/ladders/conv2d-weight-gradient/2-register-tile-8x8.wgsl';
import quadSwap from '../../shaders/ladders/conv2d-weight-gradient/3-quad-swap.wgsl';
import quadSwapWide from '../../shaders/ladders/conv2d-weight-gradient/4-quad-swap-wide.wgsl';
import { CONV2D_EXAMPLE, type Conv2dSizes, conv2dElements, readsOutside } from './conv2d-sizes.ts';
import { vectorChannels, vectorsFit } from './conv2d-vectors.ts';
import { NO_BIAS_SIZE } from './epilogue.ts';
import { hasQuadSubgroups, prefersWideTiles, splitSum, sumPartials } from './gemm-plan.ts';
import { type AdapterCaps, defineKernel, dispatch, linearGrid, type Plan } from './kernel.ts';

export type Conv2dWeightGradientParams = Conv2dSizes & {
  /** 1: `db` is computed as well, in the same pass. 0: `db` is not written, and its buffer may be any four floats. */
  readonly hasBias: number;
};

/**
 * The dispatch of a tiled rung and those that add its partial matrices.
 * @param rows rows of the partial matrices: those of dw, and those that the rung adds for db
 * @param tiles work items of one split, `perGroup` of them in a workgroup
 * @param enough work items that keep the adapter busy
 */
function splitPlan(
  shader: typeof quadSwap | typeof quadSwapWide | typeof registerTile,
  entry: 'pairs' | 'single' | 'tile',
  p: Conv2dWeightGradientParams,
  work: { rows: number; tiles: number; perGroup: number; enough: number },
  caps: AdapterCaps,
): Plan {
  const { hasBias, ...params } = p;
  const terms = p.kh * p.kw * (p.Ci / p.groups);
  const { splits, perSplit } = splitSum(p.N * p.Ho * p.Wo, work.tiles, work.enough, 64);
  const parts = splits > 1 || hasBias === 1;
  // The rungs take the same parameters; only the names of their entry points differ.
  const tile = dispatch(
    shader as typeof quadSwap,
    entry as 'pairs',
    { ...params, splits, pixelsPerSplit: perSplit },
    linearGrid(work.tiles * splits, work.perGroup, caps.maxWorkgroupsPerDimension),
    { overrides: { HAS_BIAS: hasBias, PADDED: Number(readsOutside(p)) }, buffers: parts ? { dw: 'partials' } : {} },
  );
  if (!parts) return { dispatches: [tile] };
  const stride = work.rows * p.Co;
  const sum = { splits, stride, N: p.Co };
  const dispatches = [tile, sumPartials(caps, { ...sum, count: terms * p.Co, offset: 0 }, 'dw')];
  if (hasBias) dispatches.push(sumPartials(caps, { ...sum, count: p.Co, offset: terms * p.Co }, 'db'));
  return { dispatches, temporaries: { partials: 4 * splits * stride } };
}

function quadPlan(
  shader: typeof quadSwap | typeof quadSwapWide,
  columns: number,
  p: Conv2dWeightGradientParams,
  caps: AdapterCaps,
): Plan {
  const rows = p.kh * p.kw * (p.Ci / p.groups) + p.hasBias;
  const tiles = Math.ceil(rows / 16) * p.groups * Math.ceil(p.Co / p.groups / columns);
  const entry = p.Wo % 2 === 0 ? 'pairs' : 'single';
  return splitPlan(shader, entry, p, { rows, tiles, perGroup: 4, enough: 128 }, caps);
}

function vectorPlan(p: Conv2dWeightGradientParams, caps: AdapterCaps): Plan {
  const roles = { x: 'x', y: 'dy', w: 'dw', ...(p.hasBias ? { bias: ['db', 'Co'] as const } : {}) };
  return vectorChannels(p, caps, roles, ['dw', 'db'], (q) => {
    const rows = q.kh * q.kw * (q.Ci / q.groups) + 4 * q.hasBias;
    const tiles = Math.ceil(rows / 8) * q.groups * Math.ceil(q.Co / q.groups / 8);
    const enough = caps.software ? 512 : 264 * 64;
    return splitPlan(registerTile, 'tile', q, { rows, tiles, perGroup: 64, enough }, caps);
  });
}

/** dw[u,v,c,o] = Σ_{n,y,x} x[n, y·stride + u·dilation − pad, x·stride + v·dilation − pad, c] · dy[n,y,x,o];  db[o] = Σ dy[n,y,x,o] */
export const conv2dWeightGradient = defineKernel<'x' | 'dy', 'dw' | 'db', Conv2dWeightGradientParams>({
  name: 'conv2dWeightGradient',
  equation:
    '\\mathrm{dw}_{u,v,c,o} = \\sum_{n,y,x} x_{n,\\,sy+du-p,\\,sx+dv-p,\\,c}\\; \\mathrm{dy}_{n,y,x,o},\\qquad \\mathrm{db}_o = \\sum_{n,y,x} \\mathrm{dy}_{n,y,x,o}',
  inputs: ['x', 'dy'],
  outputs: ['dw', 'db'],
  // Left as it is without a bias.
  inPlace: ['db'],
  sizes(p) {
    const { x, y, w } = conv2dElements(p);
    return { x, dy: y, dw: w, db: p.hasBias ? p.Co : NO_BIAS_SIZE };
  },
  example: { ...CONV2D_EXAMPLE, hasBias: 1 },
  reference({ x, dy }, { dw, db }, p) {
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
                    (dy[((n * p.Ho + yo) * p.Wo + xo) * p.Co + o] as number);
                }
              }
            }
            dw[i++] = sum;
          }
        }
      }
    }
    if (!p.hasBias) return;
    for (let o = 0; o < p.Co; o++) {
      let sum = 0;
      for (let pixel = 0; pixel < p.N * p.Ho * p.Wo; pixel++) sum += dy[pixel * p.Co + o] as number;
      db[o] = sum;
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
    { id: 'register-tile-8x8', applies: vectorsFit, plan: vectorPlan },
    { id: 'quad-swap', applies: (_, caps) => hasQuadSubgroups(caps), plan: (p, caps) => quadPlan(quadSwap, 16, p, caps) },
    {
      id: 'quad-swap-wide',
      applies: (p, caps) => hasQuadSubgroups(caps) && prefersWideTiles(p.Co / p.groups),
      plan: (p, caps) => quadPlan(quadSwapWide, 24, p, caps),
    },
  ],
});
