/** Convolution (cross-correlation, as networks use it), with bias and activation in the tail. */
import naive from '../../shaders/ladders/conv2d/1-naive.wgsl';
import registerTile from '../../shaders/ladders/conv2d/2-register-tile-8x2.wgsl';
import quadSwap from '../../shaders/ladders/conv2d/3-quad-swap.wgsl';
import quadSwapWide from '../../shaders/ladders/conv2d/4-quad-swap-wide.wgsl';
import workgroupTile from '../../shaders/ladders/conv2d/5-workgroup-tile.wgsl';
import { CONV2D_EXAMPLE, type Conv2dSizes, conv2dElements, readsOutside } from './conv2d-sizes.ts';
import { vectorChannels, vectorsFit } from './conv2d-vectors.ts';
import { activate, type Epilogue, epilogueOverrides, NO_BIAS_SIZE, NO_EPILOGUE } from './epilogue.ts';
import { hasQuadSubgroups, prefersWideTiles } from './gemm-plan.ts';
import { type AdapterCaps, defineKernel, dispatch, linearGrid, type Plan } from './kernel.ts';

export type Conv2dParams = Conv2dSizes & Epilogue;

/** Parameters of the WGSL: those of the kernel less what is an override there. */
const wgslParams = ({ hasBias, activation, ...params }: Conv2dParams) => params;

function quadPlan(shader: typeof quadSwap | typeof quadSwapWide, columns: number, p: Conv2dParams, caps: AdapterCaps): Plan {
  const channelsIn = p.Ci / p.groups;
  const columnTiles = p.groups * Math.ceil(p.Co / p.groups / columns);
  const tiles = columnTiles * Math.ceil((p.N * p.Ho * p.Wo) / 16);
  const entry = channelsIn % 2 === 0 ? 'pairs' : 'single';
  return {
    dispatches: [
      dispatch(shader, entry, wgslParams(p), linearGrid(tiles, 4, caps.maxWorkgroupsPerDimension), {
        overrides: { ...epilogueOverrides(p), PADDED: Number(readsOutside(p)) },
      }),
    ],
  };
}

/** A rung that reads vectors of channels; each tile has `pixels` x `columns`, each workgroup `perGroup` tiles. */
function vectorPlan(shader: typeof registerTile | typeof workgroupTile, pixels: number, columns: number, perGroup: number) {
  return (p: Conv2dParams, caps: AdapterCaps): Plan => {
    const roles = { x: 'x', y: 'y', w: 'w', ...(p.hasBias ? { bias: ['bias', 'Co'] as const } : {}) };
    return vectorChannels(p, caps, roles, ['y'], (q) => {
      const tiles = q.groups * Math.ceil(q.Co / q.groups / columns) * Math.ceil((q.N * q.Ho * q.Wo) / pixels);
      const overrides = { ...epilogueOverrides(q), PADDED: Number(readsOutside(q)) };
      const grid = linearGrid(tiles, perGroup, caps.maxWorkgroupsPerDimension);
      return { dispatches: [dispatch(shader, 'tile', wgslParams(q), grid, { overrides })] };
    });
  };
}

/** y[n,y,x,o] = activate(Σ_{u,v,c} x[n, y·stride + u·dilation − pad, x·stride + v·dilation − pad, c] · w[u,v,c,o] + bias[o]) */
export const conv2d = defineKernel<'x' | 'w' | 'bias', 'y', Conv2dParams>({
  name: 'conv2d',
  equation: 'y_{n,y,x,o} = \\varphi\\Big(\\sum_{u,v,c} x_{n,\\,sy+du-p,\\,sx+dv-p,\\,c}\\; w_{u,v,c,o} + \\mathrm{bias}_o\\Big)',
  inputs: ['x', 'w', 'bias'],
  outputs: ['y'],
  sizes: (p) => ({ ...conv2dElements(p), bias: p.hasBias ? p.Co : NO_BIAS_SIZE }),
  example: { ...CONV2D_EXAMPLE, ...NO_EPILOGUE },
  reference({ x, w, bias }, { y }, p) {
    const channels = p.Ci / p.groups;
    let i = 0;
    for (let n = 0; n < p.N; n++) {
      for (let yo = 0; yo < p.Ho; yo++) {
        for (let xo = 0; xo < p.Wo; xo++) {
          for (let o = 0; o < p.Co; o++) {
            const first = Math.floor(o / (p.Co / p.groups)) * channels;
            let sum = 0;
            for (let u = 0; u < p.kh; u++) {
              const yi = yo * p.strideY + u * p.dilationY - p.padTop;
              if (yi < 0 || yi >= p.H) continue;
              for (let v = 0; v < p.kw; v++) {
                const xi = xo * p.strideX + v * p.dilationX - p.padLeft;
                if (xi < 0 || xi >= p.W) continue;
                const pixel = ((n * p.H + yi) * p.W + xi) * p.Ci + first;
                const tap = (u * p.kw + v) * channels;
                for (let c = 0; c < channels; c++) sum += (x[pixel + c] as number) * (w[(tap + c) * p.Co + o] as number);
              }
            }
            y[i++] = activate(p.hasBias ? sum + (bias[o] as number) : sum, p);
          }
        }
      }
    }
  },
  variants: [
    {
      id: 'naive',
      plan: (p, caps) => ({
        dispatches: [
          dispatch(naive, 'naive', wgslParams(p), linearGrid(conv2dElements(p).y, 64, caps.maxWorkgroupsPerDimension), {
            overrides: epilogueOverrides(p),
          }),
        ],
      }),
    },
    { id: 'register-tile-8x2', applies: vectorsFit, plan: vectorPlan(registerTile, 8, 8, 64) },
    { id: 'quad-swap', applies: (_, caps) => hasQuadSubgroups(caps), plan: (p, caps) => quadPlan(quadSwap, 16, p, caps) },
    {
      id: 'quad-swap-wide',
      applies: (p, caps) => hasQuadSubgroups(caps) && prefersWideTiles(p.Co / p.groups),
      plan: (p, caps) => quadPlan(quadSwapWide, 24, p, caps),
    },
    {
      id: 'workgroup-tile',
      // Narrower outputs would leave half of each tile idle.
      applies: (p, caps) => !caps.software && vectorsFit(p) && p.Co / p.groups >= 32,
      plan: vectorPlan(workgroupTile, 64, 64, 1),
    },
  ],
});
