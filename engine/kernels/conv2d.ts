/** Convolution (cross-correlation, as networks use it), with bias and activation in the tail. */
import naive from '../../shaders/ladders/conv2d/1-naive.wgsl';
import registerTile from '../../shaders/ladders/conv2d/2-register-tile.wgsl';
import workgroupTile from '../../shaders/ladders/conv2d/3-workgroup-tile.wgsl';
import tile4x2 from '../../shaders/ladders/conv2d/4-register-tile-4x2.wgsl';
import { depthwise } from './conv2d-depthwise.ts';
import { CONV2D_EXAMPLE, type Conv2dSizes, conv2dElements, readsOutside } from './conv2d-sizes.ts';
import { vectorChannels, vectorsFit } from './conv2d-vectors.ts';
import { type Epilogue, epilogueOverrides, NO_BIAS_SIZE, NO_EPILOGUE, phi } from './epilogue.ts';
import { type AdapterCaps, defineKernel, dispatch, linearGrid, type Plan, type Variant } from './kernel.ts';

export type Conv2dParams = Conv2dSizes & Epilogue;

/** Parameters of the WGSL: those of the kernel less what is an override there. */
export const wgslParams = ({ hasBias, activation, ...params }: Conv2dParams) => params;

/**
 * A rung whose invocations or workgroups compute tiles of pixels × channels.
 * @param tile its pixels and channels, and tiles of a workgroup
 * @param channels which must come in whole vectors of 4 (they are padded with zeros): those of y, or those of x too
 */
function tiled(
  shader: typeof registerTile | typeof workgroupTile | typeof tile4x2,
  tile: { pixels: number; columns: number; perGroup: number },
  channels: 'both' | 'out',
): Variant<Conv2dParams>['plan'] {
  const one = (p: Conv2dParams, caps: AdapterCaps): Plan => {
    const tiles = p.groups * Math.ceil(p.Co / p.groups / tile.columns) * Math.ceil((p.N * p.Ho * p.Wo) / tile.pixels);
    const grid = linearGrid(tiles, tile.perGroup, caps.maxWorkgroupsPerDimension);
    const overrides = { ...epilogueOverrides(p), PADDED: Number(readsOutside(p)) };
    return { dispatches: [dispatch(shader, 'tile', wgslParams(p), grid, { overrides, buffers: { left: 'x', right: 'w' } })] };
  };
  return (p, caps) => {
    const roles = { x: 'x', y: 'y', w: 'w', ...(p.hasBias ? { bias: ['bias', 'Co'] as const } : {}) };
    return vectorChannels(p, caps, roles, ['y'], (q) => one(q, caps), channels);
  };
}

/** y[n,y,x,o] = phi(Σ_{u,v,c} x[n, y·stride + u·dilation − pad, x·stride + v·dilation − pad, c] · w[u,v,c,o] + bias[o]) */
export const conv2d = defineKernel<'x' | 'w' | 'bias', 'y', Conv2dParams>({
  name: 'conv2d',
  equation: 'y_{nyxo} = \\varphi\\Big(\\sum_{u,v,c} x_{n,\\,sy+du-p,\\,sx+dv-p,\\,c}\\; w_{uvco} + \\mathrm{bias}_o\\Big)',
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
            y[i++] = phi(p.hasBias ? sum + (bias[o] as number) : sum, p);
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
    { id: 'register-tile', applies: vectorsFit, plan: tiled(registerTile, { pixels: 8, columns: 8, perGroup: 64 }, 'both') },
    {
      id: 'workgroup-tile',
      // Narrower outputs would leave half of each tile idle.
      applies: (p, caps) => !caps.software && vectorsFit(p) && p.Co / p.groups >= 32,
      plan: tiled(workgroupTile, { pixels: 64, columns: 64, perGroup: 1 }, 'both'),
    },
    {
      id: 'register-tile-4x2',
      applies: (p, caps) => caps.kind === 'cpu' && (p.groups === 1 || (p.Co / p.groups) % 4 === 0),
      plan: tiled(tile4x2, { pixels: 4, columns: 8, perGroup: 8 }, 'out'),
    },
    depthwise,
  ],
});
